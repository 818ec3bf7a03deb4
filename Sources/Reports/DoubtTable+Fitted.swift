// Written by Scripts/fit --doubt.
extension DoubtTable {
  /// 198 public kernels from their sources, of 25 families.
  static let trn2 = DoubtTable(
    machine: "trn2", stream: .compiled, kernels: 198, families: 25,
    coverage: 0.9, tie: Tie(distance: 0.0413, pairs: 685),
    shortest: 11.4, longest: 61451.3,
    rows: [
      Row(
        .every, below: 0.2033, above: 0.1287, reason: 0.0331,
        most: 1.000, kernels: 198, families: 25),
      Row(
        .tensor, below: 0.0000, above: 0.0000, reason: 0.0544,
        most: 0.993, kernels: 147, families: 19),
      Row(
        .vector, below: 0.0000, above: 0.0000, reason: 0.0314,
        most: 0.995, kernels: 169, families: 23),
      Row(
        .scalar, below: 0.0000, above: 0.0000, reason: 0.0131,
        most: 0.989, kernels: 174, families: 22),
      Row(
        .gpsimd, below: 0.0000, above: 0.0000, reason: 0.0000,
        most: 0.863, kernels: 6, families: 1),
      Row(
        .rings, below: 0.0000, above: 0.0000, reason: 0.0004,
        most: 0.998, kernels: 198, families: 25),
      Row(
        .hbm, below: 0.0000, above: 0.0000, reason: 0.0000,
        most: 0.559, kernels: 179, families: 24),
      Row(
        .pieces, below: 0.0000, above: 0.0000, reason: 0.0645,
        most: 0.945, kernels: 57, families: 13),
      Row(
        .starts, below: 0.0000, above: 0.0000, reason: 0.0154,
        most: 1.000, kernels: 198, families: 25),
      Row(
        .generation, below: 0.0000, above: 0.0000, reason: 0.0545,
        most: 0.993, kernels: 79, families: 12),
      Row(
        .order, below: 0.0000, above: 0.0000, reason: 0.1504,
        most: 0.902, kernels: 177, families: 25),
      Row(
        .turns, below: 0.0000, above: 2.1117, reason: 0.3954,
        most: 0.212, kernels: 79, families: 13),
      Row(
        .software, below: 0.0011, above: 0.4037, reason: 0.1000,
        most: 1.000, kernels: 74, families: 11),
      Row(
        .spills, below: 0.0000, above: 0.0000, reason: 0.0000,
        most: 0.419, kernels: 2, families: 2),
      Row(
        .narrow, below: 0.0000, above: 0.0000, reason: 0.1076,
        most: 0.893, kernels: 48, families: 4),
      Row(
        .extrapolated, below: 0.0000, above: 0.0000, reason: 0.0874,
        most: 0.871, kernels: 115, families: 17),
      Row(
        .assumed, below: 0.0000, above: 0.0000, reason: 0.1043,
        most: 0.861, kernels: 35, families: 8),
    ])

  /// 47 replays of captured streams, of 7 families.
  static let trn2Given = DoubtTable(
    machine: "trn2", stream: .given, kernels: 47, families: 7,
    coverage: 0.9, tie: nil,
    shortest: 11.5, longest: 4732.8,
    rows: [
      Row(
        .every, below: 0.0411, above: 0.0511, reason: 0.0208,
        most: 1.000, kernels: 47, families: 7),
      Row(
        .extrapolated, below: 0.1400, above: 0.1400, reason: 0.1400,
        most: 0.000, kernels: 0, families: 0),
      Row(
        .assumed, below: 0.6930, above: 0.6930, reason: 0.6930,
        most: 0.000, kernels: 0, families: 0),
    ])
}
