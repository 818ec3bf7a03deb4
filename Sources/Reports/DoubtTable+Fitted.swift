// Written by python -m trnsim.validation.doubt.
extension DoubtTable {
  /// 197 kernels of 25 families of trn2 from their public sources.
  static let trn2 = DoubtTable(
    machine: "trn2", kernels: 197, families: 25, coverage: 0.9, tie: 0.0729,
    pairs: 679, shortest: 11.4, longest: 49127.6,
    rows: [
      Row(
        .every, below: 0.0742, above: 0.1697, most: 1.000, kernels: 197,
        families: 25),
      Row(
        .tensor, below: 0.0431, above: 0.3342, most: 0.993, kernels: 148,
        families: 19),
      Row(
        .vector, below: 0.0211, above: 0.0415, most: 0.965, kernels: 167,
        families: 23),
      Row(
        .scalar, below: 0.0106, above: 0.3603, most: 0.884, kernels: 169,
        families: 20),
      Row(
        .gpsimd, below: 0.0000, above: 0.0000, most: 0.858, kernels: 6,
        families: 1),
      Row(
        .rings, below: 0.0140, above: 0.1405, most: 0.998, kernels: 197,
        families: 25),
      Row(
        .hbm, below: 0.0120, above: 0.0845, most: 0.559, kernels: 186,
        families: 24),
      Row(
        .pieces, below: 2.9388, above: 1.4276, most: 0.799, kernels: 21,
        families: 8),
      Row(
        .starts, below: 0.0363, above: 0.2169, most: 1.000, kernels: 197,
        families: 25),
      Row(
        .generation, below: 0.0323, above: 0.0734, most: 0.993, kernels: 84,
        families: 14),
      Row(
        .order, below: 0.3650, above: 0.1184, most: 0.932, kernels: 183,
        families: 25),
      Row(
        .assumed, below: 0.0008, above: 0.0243, most: 0.860, kernels: 53,
        families: 9),
    ])
}
