/// The one declaration of what a configuration holds; loading, checking, overriding, showing and
/// explaining all follow it.
enum Schema {
  /// All settings, in the order of the files.
  static let entries: [Entry] =
    core + clocks + memories + access + tensor + peClock + streaming + synchronisation + dma
    + device

  /// Position in `entries` by path.
  static let byPath: [String: Int] = Dictionary(
    uniqueKeysWithValues: entries.enumerated().map { ($1.path, $0) })

  /// Positions in `entries`, by path in order.
  static let sorted: [Int] = entries.indices.sorted { entries[$0].path < entries[$1].path }

  /// The optional group of each of `entries`.
  static let optionalGroup: [String?] = {
    entries.map { entry in
      // vector.classes.NAME and dma.hwdge.
      let depth = entry.path.utf8.first == UInt8(ascii: "d") ? 2 : 3
      let dots = entry.path.utf8.indices.filter { entry.path.utf8[$0] == UInt8(ascii: ".") }
      guard dots.count >= depth else { return nil }
      let group = String(entry.path[..<dots[depth - 1]])
      return optionalGroups.contains(group) ? group : nil
    }
  }()

  /// The names below each group of settings, in order; the root is the empty path.
  static let groups: [String: [String]] = {
    // By bytes: it is a good part of what a short command takes.
    let dot = UInt8(ascii: ".")
    func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }
    var groups: [String: [String]] = ["": []]
    var before: [UInt8] = []
    for entry in entries {
      let path = Array(entry.path.utf8)
      // What it shares with the entry before it is there already.
      var start = 0
      for index in 0..<min(path.count, before.count) {
        if path[index] != before[index] { break }
        if path[index] == dot { start = index + 1 }
      }
      while start < path.count {
        let end = path[start...].firstIndex(of: dot) ?? path.count
        let group = start == 0 ? "" : text(path[..<(start - 1)])
        let part = text(path[start..<end])
        if groups[group]?.contains(part) != true { groups[group, default: []].append(part) }
        start = end + 1
      }
      before = path
    }
    return groups
  }()

  /// Groups that a configuration may declare absent with `{value: none, source: …}`.
  static let optionalGroups: Set<String> = Set(
    vectorClasses.map { "vector.classes.\($0)" } + scalarClasses.map { "scalar.classes.\($0)" }
      + gpsimdClasses.map { "gpsimd.classes.\($0)" } + ["dma.hwdge"])

  /// Classes of the vector engine.
  static let vectorClasses = [
    "copy", "cast", "tensor_tensor", "tensor_scalar", "tensor_scalar_pointer",
    "scalar_tensor_tensor", "tensor_reduce", "tensor_scalar_reduce", "reciprocal", "memset",
    "select", "range_select", "max8", "find_index8", "match_replace8", "shuffle", "transpose32",
    "exponential", "quantize_mx", "random",
  ]
  /// Classes of the scalar engine.
  static let scalarClasses = [
    "copy", "cast", "tensor_scalar", "tensor_scalar_pointer", "activation", "activation_reduce",
    "table_load",
  ]
  /// Classes of the GpSimd engine.
  static let gpsimdClasses = [
    "copy", "cast", "tensor_tensor", "tensor_scalar", "tensor_scalar_pointer", "memset", "iota",
    "affine_select", "partition_reduce",
  ]

  /// Types of the storage list.
  static let storageTypes = [
    "float32", "bfloat16", "float16", "tfloat32", "float8_e4m3", "float8_e5m2", "float8_e4m3fn",
    "int8", "int16", "int32", "uint8", "uint16", "uint32", "bool", "float8_e8m0fnu",
    "float8_e5m2_x4", "float8_e4m3fn_x4", "float4_e2m1fn_x4",
  ]

  private static let core: [Entry] = [
    .integer(
      "core.generation", \.core.generation, .count, .integer(2...4),
      "NeuronCore generation (2 on trn1, 3 on trn2, 4 on trn3), which decides what instructions exist"
    )
  ]

  private static let clocks: [Entry] = [
    .number("clocks.tensor", \.clocks.tensor, .gigahertz, .clock, "TensorE clock, when warm"),
    .number("clocks.vector", \.clocks.vector, .gigahertz, .clock, "VectorE clock"),
    .number("clocks.scalar", \.clocks.scalar, .gigahertz, .clock, "ScalarE clock"),
    .number("clocks.gpsimd", \.clocks.gpsimd, .gigahertz, .clock, "GpSimdE clock"),
    .number("clocks.sync", \.clocks.sync, .gigahertz, .clock, "SyncE clock"),
    .number(
      "clocks.neuroncore", \.clocks.neuroncore, .gigahertz, .clock,
      "the clock in which profilers count cycles"),
    .number("clocks.dma", \.clocks.dma, .gigahertz, .clock, "clock of the DMA rings"),
  ]

  private static let memories: [Entry] = [
    .integer(
      "sbuf.partitions", \.sbuf.partitions, .partitions, .integer(128...1024, multipleOf: 128),
      "partitions of SBUF"),
    .integer(
      "sbuf.bytes_per_partition", \.sbuf.bytesPerPartition, .bytes,
      .integer(64...(1 << 26), multipleOf: 64), "bytes of an SBUF partition"),
    .integer(
      "sbuf.usable_bytes_per_partition", \.sbuf.usableBytesPerPartition, .bytes,
      .integer(1...(1 << 26)), "bytes of an SBUF partition that a kernel may use"),
    .integer(
      "sbuf.alignment_bytes", \.sbuf.alignmentBytes, .bytes, .integer(1...(1 << 16)),
      "tensors whose place is chosen here begin at multiples of this"),
    .integer(
      "psum.partitions", \.psum.partitions, .partitions, .integer(128...1024, multipleOf: 128),
      "partitions of PSUM"),
    .integer(
      "psum.bytes_per_partition", \.psum.bytesPerPartition, .bytes,
      .integer(64...(1 << 26), multipleOf: 64), "bytes of a PSUM partition over all banks"),
    .integer("psum.banks", \.psum.banks, .count, .integer(1...1024), "banks of PSUM"),
    .integer(
      "psum.bank_bytes", \.psum.bankBytes, .bytes, .integer(4...(1 << 26), multipleOf: 4),
      "bytes of a bank in one partition"),
    .number(
      "psum.bank_conflict_factor", \.psum.bankConflictFactor, .ratio, .slowdown,
      "how much longer an instruction streams while another engine uses the same bank"),
  ]

  private static let access: [Entry] = [
    .integers(
      "access.start_partitions_up_to_32", \.access.startPartitionsUpTo32, .partitions,
      .startPartitions, "where an access to 1 to 32 partitions may start"),
    .integers(
      "access.start_partitions_up_to_64", \.access.startPartitionsUpTo64, .partitions,
      .startPartitions, "where an access to 33 to 64 partitions may start"),
    .integers(
      "access.start_partitions_above_64", \.access.startPartitionsAbove64, .partitions,
      .startPartitions, "where an access to more than 64 partitions may start"),
    .integer(
      "access.max_free_dims", \.access.maxFreeDims, .count, .integer(1...4),
      "free dimensions of an access pattern at most"),
    .integer(
      "access.max_free_elements_sbuf", \.access.maxFreeElementsSBUF, .elements,
      .integer(1...(1 << 30)), "elements per partition of an SBUF operand at most"),
    .integer(
      "access.max_free_elements_psum", \.access.maxFreeElementsPSUM, .elements,
      .integer(1...(1 << 30)), "elements per partition of a PSUM operand at most"),
    .integer(
      "access.stride_penalty_bytes", \.access.stridePenaltyBytes, .bytes, .integer(1...(1 << 20)),
      "an innermost stride above this has a lower rate"),
    .number(
      "access.write_beat", \.access.writeBeat, .nanoseconds, .nonNegative,
      "writing a beat of scattered elements (above the penalty stride) of 4 bytes"),
    .number(
      "access.write_beat_narrow", \.access.writeBeatNarrow, .nanoseconds, .nonNegative,
      "the same of smaller elements, which are read before they are written"),
    .number(
      "access.vector_write_queue", \.access.vectorWriteQueue, .count, .nonNegative,
      "scattered beats that may wait when the vector engine begins the next instruction"),
    .number(
      "access.scalar_write_queue", \.access.scalarWriteQueue, .count, .nonNegative,
      "scattered beats that may wait when the scalar engine begins the next instruction"),
    .number(
      "access.vector_unpaired_lead", \.access.vectorUnpairedLead, .nanoseconds, .nonNegative,
      "how much earlier a vector instruction ends that takes no elements in pairs"),
    .number(
      "access.scattered_read_cycles", \.access.scatteredReadCycles, .cyclesPerElement,
      .nonNegative, "until the engine takes in what follows such an instruction, at least"),
  ]

  private static let streaming: [Entry] =
    vectorClasses.flatMap {
      Entry.streaming("vector.classes", \.vector.classes, $0, psum: true)
    }
    + scalarClasses.flatMap {
      Entry.streaming("scalar.classes", \.scalar.classes, $0, psum: true)
    } + [
      .sets(
        "scalar.table_sets", \.scalar.tableSets, .functions, .disjointSets,
        "activation functions that share a loaded table"),
      .words(
        "scalar.resident_functions", \.scalar.residentFunctions, .functions, .names,
        "activation functions that every table holds"),
    ]
    + gpsimdClasses.flatMap {
      Entry.streaming("gpsimd.classes", \.gpsimd.classes, $0, psum: false)
    }
}
