import Device
import Timing

/// A metric's value: counts, bytes and operations are integers, times and shares are not.
public enum Metric: Hashable, Sendable {
  case integer(Int)
  case real(Double)

  /// The value as a floating-point number.
  public var number: Double {
    switch self {
    case .integer(let value): Double(value)
    case .real(let value): value
    }
  }
}

extension Summary {
  /// HBM bytes in both directions.
  public var hbmBytes: Int { hbmReadBytes + hbmWriteBytes }

  /// Share of the peak that useful operations reached, 0…1.
  public var mfu: Double { utilisation(hardwareFLOPs - transposeFLOPs) }

  /// Share of the peak that all operations reached, 0…1.
  public var hfu: Double { utilisation(hardwareFLOPs) }

  /// Share of an HBM stack's bandwidth that was reached, 0…1.
  public var mbu: Double { bandwidthShare(hbmBytes) }

  /// Useful operations per second, in TFLOPS: operations per picosecond.
  public var achievedTFLOPS: Double {
    total > 0 ? Double(hardwareFLOPs - transposeFLOPs) / Double(total) : 0
  }

  /// HBM bytes per second, in GB/s.
  public var achievedHBMBandwidth: Double {
    total > 0 ? Double(hbmBytes) / Double(total) * 1000 : 0
  }

  private func utilisation(_ operations: Int) -> Double {
    total > 0 ? Double(operations) / (peakTFLOPS * Double(total)) : 0
  }

  private func bandwidthShare(_ bytes: Int) -> Double {
    total > 0 ? Double(bytes) / (Double(total) / 1000 * hbmBandwidth) : 0
  }

  /// The profiler's keys: times in seconds, `*_percent` as fractions 0…1.
  ///
  /// What a run does not determine (the model's own operations; spills, unless the program says what they
  /// are) is left out, and so is a ratio whose divisor is zero.
  public var metrics: [String: Metric] {
    var metrics: [String: Metric] = [
      "total_time": seconds(total),
      "total_exec_time": seconds(executed),
      "neuroncore_cycle_count": .integer(neuroncoreCycles),
      "event_count": .integer(events),
      "trace_count": .integer(
        events + transfers.packets + engines.reduce(0) { $0 + $1.instructionCount }),
    ]
    addCompute(&metrics)
    addEngines(&metrics)
    addTransfers(&metrics)
    addMemory(&metrics)
    addCollectives(&metrics)
    return metrics
  }

  private func seconds(_ time: Picoseconds) -> Metric { .real(Double(time) / 1e12) }

  private func ratio(_ part: Int, _ whole: Int) -> Metric? {
    whole > 0 ? .real(Double(part) / Double(whole)) : nil
  }

  private func addCompute(_ metrics: inout [String: Metric]) {
    metrics["hardware_flops"] = .integer(hardwareFLOPs)
    metrics["transpose_flops"] = .integer(transposeFLOPs)
    metrics["adjusted_hardware_flops"] = .integer(Int(adjustedFLOPs.rounded()))
    metrics["adjusted_transpose_flops"] = .integer(Int(adjustedTransposeFLOPs.rounded()))
    metrics["matmul_instruction_count"] = .integer(matmuls)
    metrics["activate_instruction_count"] = .integer(activates)
    metrics["activate_instruction_time"] = seconds(activateTime)
    let balance = peakTFLOPS * 1000 / hbmBandwidth
    metrics["peak_flops_bandwidth_ratio"] = .real(balance)
    if hbmBytes > 0 {
      let intensity = Double(hardwareFLOPs - transposeFLOPs) / Double(hbmBytes)
      metrics["mm_arithmetic_intensity"] = .real(intensity)
      metrics["mfu_max_achievable_estimated_percent"] = .real(intensity / balance)
      metrics["mfu_inst_max_achievable_estimated_percent"] = .real(intensity / balance)
    }
    guard total > 0 else { return }
    // Kernels have no HLO statistics: the profiler then takes the executed instructions for both.
    metrics["mfu_estimated_percent"] = .real(mfu)
    metrics["mfu_inst_estimated_percent"] = .real(mfu)
    metrics["hfu_estimated_percent"] = .real(hfu)
  }

  private func addEngines(_ metrics: inout [String: Metric]) {
    for engine in Engine.allCases {
      let use = self[engine]
      let key = "\(engine.name)_engine_"
      metrics[key + "instruction_time"] = seconds(use.instructionTime)
      metrics[key + "active_time"] = seconds(use.activeTime)
      metrics[key + "active_time_percent"] = ratio(Int(use.activeTime), Int(total))
      metrics[key + "instruction_count"] = .integer(use.instructionCount)
    }
  }

  private func addTransfers(_ metrics: inout [String: Metric]) {
    metrics["dma_active_time"] = seconds(transfers.activeTime)
    metrics["dma_active_time_percent"] = ratio(Int(transfers.activeTime), Int(total))
    metrics["dma_active_cycles"] = .integer(
      Int((Double(transfers.activeTime) / 1000 * neuroncoreClock).rounded()))
    metrics["dma_packet_time"] = seconds(packetTime)
    metrics["dma_transfer_time"] = seconds(transferTime)
    metrics["dma_transfer_count"] = .integer(transfers.count)
    metrics["dma_transfer_total_bytes"] = .integer(transfers.bytes)
    metrics["dma_transfer_average_bytes"] = ratio(transfers.bytes, transfers.count)
    metrics["dma_queue_count"] = .integer(queues)
    for (mode, name) in [
      (DGEMode.none, "static"), (.swdge, "software_dynamic"), (.hwdge, "hardware_dynamic"),
    ] {
      let use = transfersByMode[Int(mode.rawValue)]
      let key = "\(name)_dma_"
      metrics[key + "active_time"] = seconds(use.activeTime)
      metrics[key + "active_time_percent"] = ratio(
        Int(use.activeTime), Int(transfers.activeTime))
      metrics[key + "packet_count"] = .integer(use.packets)
      metrics[key + "packet_percent"] = ratio(use.packets, transfers.packets)
      metrics[key + "size"] = .integer(use.bytes)
      metrics[key + "size_percent"] = ratio(use.bytes, transfers.bytes)
    }
    let fixed = transfersByMode[Int(DGEMode.none.rawValue)]
    metrics["dynamic_dma_active_time_percent"] = ratio(
      Int(dynamicActiveTime), Int(transfers.activeTime))
    metrics["dynamic_dma_packet_percent"] = ratio(
      transfers.packets - fixed.packets, transfers.packets)
    metrics["dynamic_dma_size_percent"] = ratio(
      transfers.bytes - fixed.bytes, transfers.bytes)
  }

  private func addCollectives(_ metrics: inout [String: Metric]) {
    metrics["cc_op_time"] = seconds(collectives.time)
    metrics["cc_op_active_time"] = seconds(collectives.activeTime)
    metrics["cc_op_active_time_percent"] = ratio(Int(collectives.activeTime), Int(total))
    metrics["cc_op_count"] = .integer(collectives.count)
  }

  private func addMemory(_ metrics: inout [String: Metric]) {
    metrics["hbm_read_bytes"] = .integer(hbmReadBytes)
    metrics["hbm_write_bytes"] = .integer(hbmWriteBytes)
    metrics["sbuf_read_bytes"] = .integer(onChip.sbufRead)
    metrics["sbuf_write_bytes"] = .integer(onChip.sbufWritten)
    metrics["psum_read_bytes"] = .integer(onChip.psumRead)
    metrics["psum_write_bytes"] = .integer(onChip.psumWritten)
    metrics["psum_read_sbuf_write_bytes"] = .integer(onChip.drained)
    metrics["psum_read_sbuf_write_count"] = .integer(onChip.drains)
    // Kernels' queues are the profiler's "data" queues where descriptors are prepared, and none of these where they are generated.
    metrics["input_queue_bytes"] = .integer(0)
    metrics["output_queue_bytes"] = .integer(0)
    metrics["weight_queue_bytes"] = .integer(dataQueueBytes)
    if let spills {
      metrics[Spills.keys.saved] = .integer(spills.savedBytes)
      metrics[Spills.keys.reloaded] = .integer(spills.reloadedBytes)
    }
    metrics["inputs_and_weights_size_bytes"] = .integer(inputBytes)
    metrics["inputs_outputs_weights_size_bytes"] = .integer(inputBytes + outputBytes)
    guard total > 0 else { return }
    metrics["mbu_estimated_percent"] = .real(mbu)
    metrics["mbu_min_read_util_percent"] = .real(bandwidthShare(inputBytes))
  }
}
