"""The reference pages of docs/reference, made from what the code says of itself."""
