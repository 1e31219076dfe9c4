# Home Assistant puts probatio in voluptuous' place at run time; the types are probatio's.
from probatio import *
