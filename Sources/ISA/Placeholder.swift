// ISA
