"""Operations in several steps that must end well, whatever happens in between."""
