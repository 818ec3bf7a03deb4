// Written by Scripts/fit --doubt.
extension DoubtTable {
  /// 198 public kernels from their sources, of 25 families.
  static let trn2 = DoubtTable(
    machine: "trn2", stream: .compiled, kernels: 198, families: 25,
    coverage: 0.9, tie: Tie(distance: 0.0438, pairs: 685),
    shortest: 11.4, longest: 98988.9,
    rows: [
      Row(
        .every, below: 0.1653, above: 0.2382, reason: 0.0155,
        most: 1.000, kernels: 198, families: 25),
      Row(
        .tensor, below: 0.0000, above: 0.0000, reason: 0.0540,
        most: 0.993, kernels: 147, families: 19),
      Row(
        .vector, below: 0.0000, above: 0.0000, reason: 0.0479,
        most: 0.965, kernels: 165, families: 23),
      Row(
        .scalar, below: 0.0000, above: 0.0000, reason: 0.0005,
        most: 0.884, kernels: 170, families: 20),
      Row(
        .gpsimd, below: 0.0000, above: 0.0000, reason: 0.0000,
        most: 0.858, kernels: 6, families: 1),
      Row(
        .rings, below: 0.0000, above: 0.0000, reason: 0.0004,
        most: 0.998, kernels: 198, families: 25),
      Row(
        .hbm, below: 0.0000, above: 0.0000, reason: 0.0000,
        most: 0.559, kernels: 185, families: 24),
      Row(
        .pieces, below: 0.0000, above: 0.0000, reason: 0.0958,
        most: 0.945, kernels: 62, families: 13),
      Row(
        .starts, below: 0.0000, above: 0.0000, reason: 0.0002,
        most: 1.000, kernels: 198, families: 25),
      Row(
        .generation, below: 0.0000, above: 0.0000, reason: 0.0828,
        most: 0.993, kernels: 79, families: 12),
      Row(
        .order, below: 0.0000, above: 0.0000, reason: 0.2136,
        most: 0.932, kernels: 182, families: 25),
      Row(
        .overlap, below: 0.0000, above: 1.8810, reason: 0.3564,
        most: 0.774, kernels: 141, families: 19),
      Row(
        .software, below: 0.0000, above: 0.0000, reason: 0.0435,
        most: 1.000, kernels: 72, families: 11),
      Row(
        .spills, below: 0.0000, above: 0.0000, reason: 0.0000,
        most: 0.370, kernels: 2, families: 2),
      Row(
        .narrow, below: 0.0000, above: 0.0000, reason: 0.3597,
        most: 0.938, kernels: 45, families: 4),
      Row(
        .extrapolated, below: 0.0000, above: 0.0000, reason: 0.1060,
        most: 0.843, kernels: 108, families: 19),
      Row(
        .assumed, below: 0.0000, above: 0.0000, reason: 0.1043,
        most: 0.860, kernels: 36, families: 7),
    ])

  /// 47 replays of captured streams, of 7 families.
  static let trn2Given = DoubtTable(
    machine: "trn2", stream: .given, kernels: 47, families: 7,
    coverage: 0.9, tie: nil,
    shortest: 11.5, longest: 4732.8,
    rows: [
      Row(
        .every, below: 0.0411, above: 0.0509, reason: 0.0207,
        most: 1.000, kernels: 47, families: 7),
      Row(
        .extrapolated, below: 0.1400, above: 0.1400, reason: 0.1400,
        most: 0.000, kernels: 0, families: 0),
      Row(
        .assumed, below: 0.6930, above: 0.6930, reason: 0.6930,
        most: 0.000, kernels: 0, families: 0),
    ])
}
