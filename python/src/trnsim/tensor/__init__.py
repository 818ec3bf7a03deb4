"""Tensors as kernels see them: views, shapes, indices, element types. Records nothing."""
