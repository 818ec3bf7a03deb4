"""Operations of `nki.isa` as functions that record them."""
