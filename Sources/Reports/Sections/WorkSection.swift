import Device
import Hardware
import Simulation

//   compute   51.19 of 78.64 TFLOPS   MFU 65.1 %   HFU 65.1 %   2.1 GFLOP
//   HBM       150.0 of 716.0 GB/s   MBU 20.9 %   read 4.0 MiB, written 2.0 MiB
//   DMA       24 transfers, 256.0 KiB on average; 6,144 descriptors, 1.0 KiB on average

/// What was computed and moved in that time, against what the machine can do.
struct WorkSection: Section {
  static let name = "work"
  static let title = "Work"

  let summary: Summary
  let hardware: Hardware

  init?(_ subject: Subject) {
    guard let timed = subject.core.timed else { return nil }
    summary = timed.summary
    hardware = subject.core.run.hardware
  }

  var blocks: [Block] {
    var facts: [Block.Fact] = []
    if summary.hardwareFLOPs > 0 { facts.append(Block.Fact("compute", compute)) }
    if summary.hbmBytes > 0 { facts.append(Block.Fact("HBM", hbm)) }
    if let spills = summary.spills {
      let keys = Summary.Spills.keys
      let saved = Figure.bytes(spills.savedBytes, keys.saved)
      let reloaded = Figure.bytes(spills.reloadedBytes, keys.reloaded)
      facts.append(
        Block.Fact(
          "spills", "\(saved) that had no room in SBUF saved, \(reloaded) loaded again"))
    }
    if summary.transfers.count > 0 { facts.append(Block.Fact("DMA", transfers)) }
    return facts.isEmpty ? [] : [.facts(facts)]
  }

  private var compute: Phrase {
    let achieved = Figure.number(summary.achievedTFLOPS, 2)
    let peak = Figure.number(hardware.peakTFLOPS, 2, "TFLOPS")
    let operations = Figure(
      "\(scaled(Double(summary.hardwareFLOPs)))FLOP", .integer(summary.hardwareFLOPs),
      "hardware_flops")
    var text: Phrase = "\(achieved) of \(peak)"
    text += "   MFU \(.percentage(summary.mfu, "mfu_estimated_percent"))"
    text += "   HFU \(.percentage(summary.hfu, "hfu_estimated_percent"))   \(operations)"
    if summary.transposeFLOPs > 0 {
      let share = Double(summary.transposeFLOPs) / Double(summary.hardwareFLOPs)
      text += ", \(.share(share)) of it transposes"
    }
    return text
  }

  private var hbm: Phrase {
    let achieved = Figure.number(summary.achievedHBMBandwidth, 1)
    let peak = Figure.number(hardware.hbm.bandwidthPerStack, 1, "GB/s")
    return "\(achieved) of \(peak)   MBU \(.percentage(summary.mbu, "mbu_estimated_percent"))"
      + "   read \(.bytes(summary.hbmReadBytes, "hbm_read_bytes"))"
      + ", written \(.bytes(summary.hbmWriteBytes, "hbm_write_bytes"))"
  }

  private var transfers: Phrase {
    let use = summary.transfers
    let packets = Figure.count(use.packets, "descriptor")
    return "\(.count(use.count, "transfer", "dma_transfer_count"))"
      + ", \(.bytes(use.bytes / use.count)) on average; \(packets)"
      + ", \(.bytes(use.bytes / max(1, use.packets))) on average"
  }
}
