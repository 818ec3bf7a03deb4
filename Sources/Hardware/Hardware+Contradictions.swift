import Diagnostics

extension Hardware {
  /// Values that are each allowed but do not fit together.
  func contradictions(file: String) -> [Diagnostic] {
    var found: [Diagnostic] = []
    func require(_ holds: Bool, _ message: String, _ remedy: String) {
      if holds { return }
      found.append(
        Diagnostic(.error, message, at: SourceLocation(file: file, line: 0), remedy: remedy))
    }
    require(
      psum.banks * psum.bankBytes == psum.bytesPerPartition,
      "psum: \(psum.banks) banks of \(psum.bankBytes) bytes are not bytes_per_partition "
        + "\(psum.bytesPerPartition)",
      "bytes_per_partition = banks × bank_bytes")
    require(
      psum.partitions == sbuf.partitions,
      "psum.partitions is \(psum.partitions), sbuf.partitions is \(sbuf.partitions)",
      "both memories have the same partitions")
    require(
      sbuf.usableBytesPerPartition <= sbuf.bytesPerPartition,
      "sbuf.usable_bytes_per_partition \(sbuf.usableBytesPerPartition) is above "
        + "bytes_per_partition \(sbuf.bytesPerPartition)",
      "the usable part cannot be larger than the whole")
    require(
      tensor.rows <= sbuf.partitions && tensor.columns <= psum.partitions,
      "tensor has \(tensor.rows) rows and \(tensor.columns) columns for \(sbuf.partitions) "
        + "partitions",
      "each row reads and each column writes a partition of its own")
    require(
      tensor.stationaryMax <= tensor.columns,
      "tensor.stationary_max \(tensor.stationaryMax) is above tensor.columns \(tensor.columns)",
      "stationary columns stay in the array")
    require(
      tensor.fp32OneZeroPasses <= tensor.fp32Passes,
      "tensor.fp32_onezero_passes \(tensor.fp32OneZeroPasses) is above fp32_passes "
        + "\(tensor.fp32Passes)",
      "the hint can only save passes")
    require(
      peClock.coolDownBusy < peClock.warmUpBusy,
      "pe_clock.cool_down_busy \(peClock.coolDownBusy) is not below warm_up_busy "
        + "\(peClock.warmUpBusy)",
      "the clock would go cold and warm in the same window")
    require(
      hbm.activeCores <= hbm.coresPerStack,
      "hbm.active_cores \(hbm.activeCores) is above cores_per_stack \(hbm.coresPerStack)",
      "only the cores of one stack share it")
    require(
      limits.max8MinElements <= limits.max8MaxElements,
      "limits.max8_min_elements \(limits.max8MinElements) is above max8_max_elements "
        + "\(limits.max8MaxElements)",
      "exchange them")
    let starts =
      access.startPartitionsUpTo32 + access.startPartitionsUpTo64 + access.startPartitionsAbove64
    require(
      starts.allSatisfy { $0 < sbuf.partitions },
      "access: start partition \(starts.max() ?? 0) is not below sbuf.partitions "
        + "\(sbuf.partitions)",
      "accesses start inside the memory")
    let stored = Set(dtypes.storage)
    let foreign = dtypes.matmul.filter { !stored.contains($0) }
    require(
      foreign.isEmpty,
      "dtypes.matmul has \(foreign.joined(separator: ", ")), which dtypes.storage lacks",
      "the tensor engine reads its operands from memory")
    let repeated = scalar.tableSets.values.flatMap { $0 }
      .filter { scalar.residentFunctions.contains($0) }.sorted()
    require(
      repeated.isEmpty,
      "scalar: \(repeated.joined(separator: ", ")) is resident and in a table set",
      "a resident function is in every set already")
    return found
  }
}
