// Written by Scripts/fit --doubt.
extension DoubtTable {
  /// 197 public kernels from their sources, of 25 families.
  static let trn2 = DoubtTable(
    machine: "trn2", stream: .compiled, kernels: 197, families: 25,
    coverage: 0.9, tie: Tie(distance: 0.0639, pairs: 679),
    shortest: 11.4, longest: 49127.6,
    rows: [
      Row(
        .every, below: 0.2914, above: 0.1698, reason: 0.0360,
        most: 1.000, kernels: 197, families: 25),
      Row(
        .tensor, below: 0.0000, above: 0.0000, reason: 0.0381,
        most: 0.993, kernels: 146, families: 19),
      Row(
        .vector, below: 0.0000, above: 0.0000, reason: 0.0146,
        most: 0.965, kernels: 165, families: 23),
      Row(
        .scalar, below: 0.0000, above: 0.0000, reason: 0.0000,
        most: 0.884, kernels: 169, families: 20),
      Row(
        .gpsimd, below: 0.0000, above: 0.0000, reason: 0.0000,
        most: 0.858, kernels: 6, families: 1),
      Row(
        .rings, below: 0.0000, above: 0.0000, reason: 0.0000,
        most: 0.998, kernels: 197, families: 25),
      Row(
        .hbm, below: 0.0000, above: 0.0000, reason: 0.0000,
        most: 0.559, kernels: 184, families: 24),
      Row(
        .pieces, below: 0.0000, above: 0.0000, reason: 0.0721,
        most: 0.945, kernels: 62, families: 13),
      Row(
        .starts, below: 0.0000, above: 0.0000, reason: 0.0441,
        most: 1.000, kernels: 197, families: 25),
      Row(
        .generation, below: 0.0000, above: 0.0000, reason: 0.0673,
        most: 0.993, kernels: 79, families: 12),
      Row(
        .order, below: 0.0000, above: 0.0000, reason: 0.1793,
        most: 0.932, kernels: 181, families: 25),
      Row(
        .overlap, below: 0.0000, above: 1.3108, reason: 0.3919,
        most: 0.784, kernels: 140, families: 19),
      Row(
        .software, below: 0.0000, above: 0.0000, reason: 0.0553,
        most: 1.000, kernels: 72, families: 11),
      Row(
        .spills, below: 0.0000, above: 0.0000, reason: 0.0000,
        most: 0.370, kernels: 1, families: 1),
      Row(
        .narrow, below: 0.0000, above: 0.0000, reason: 0.3585,
        most: 0.938, kernels: 45, families: 4),
      Row(
        .extrapolated, below: 0.0000, above: 0.0000, reason: 0.1188,
        most: 0.843, kernels: 109, families: 19),
      Row(
        .assumed, below: 0.0000, above: 0.0000, reason: 0.0959,
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
