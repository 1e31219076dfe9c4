"""What hassfest and HACS check of a custom integration, and this project's own rules.

hassfest itself ships with Home Assistant's source only, so scripts/lint checks the same here and the
workflow in .github/ has the final word. Each module looks at one subject and yields problems.
"""

# Home Assistant puts its own library in the place of voluptuous, so it must be imported first.
from homeassistant import const

CHECKED_WITH = const.__version__
