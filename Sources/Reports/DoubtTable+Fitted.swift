// Written by python -m trnsim.validation.doubt.
extension DoubtTable {
  /// 197 kernels of 25 families of trn2 from their public sources.
  static let trn2 = DoubtTable(
    machine: "trn2", kernels: 197, families: 25, coverage: 0.9, tie: 0.1023,
    pairs: 679, shortest: 11.4, longest: 63965.0,
    rows: [
      Row(
        .every, below: 0.1373, above: 0.2060, most: 1.000, kernels: 197,
        families: 25),
      Row(
        .tensor, below: 0.0274, above: 0.3274, most: 0.993, kernels: 148,
        families: 19),
      Row(
        .vector, below: 0.0157, above: 0.1539, most: 0.965, kernels: 167,
        families: 24),
      Row(
        .scalar, below: 0.0002, above: 0.2303, most: 0.884, kernels: 156,
        families: 18),
      Row(
        .gpsimd, below: 0.0000, above: 0.0000, most: 0.135, kernels: 6,
        families: 1),
      Row(
        .rings, below: 0.0341, above: 0.1321, most: 0.998, kernels: 197,
        families: 25),
      Row(
        .hbm, below: 0.0161, above: 0.0942, most: 0.559, kernels: 187,
        families: 24),
      Row(
        .pieces, below: 0.1946, above: 1.2431, most: 0.770, kernels: 22,
        families: 9),
      Row(
        .starts, below: 0.1227, above: 0.2257, most: 1.000, kernels: 197,
        families: 25),
      Row(
        .generation, below: 0.1002, above: 0.1180, most: 0.996, kernels: 90,
        families: 15),
      Row(
        .order, below: 1.4302, above: 0.2270, most: 0.948, kernels: 174,
        families: 25),
    ])
}
