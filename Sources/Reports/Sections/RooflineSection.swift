import Device
import Hardware
import Simulation

//   341.3 FLOP per byte of HBM; compute and HBM balance at 109.8
//
//   ceiling                TFLOPS  reached
//   bfloat16                78.64     65 %
//   DMA rings (435.2 GB/s)  148.5     34 %
//   HBM (716.0 GB/s)        244.4     21 %

/// Where the kernel is under the ceilings of the machine.
struct RooflineSection: Section {
  static let name = "roofline"
  static let title = "Roofline"
  static let isDetail = true

  /// A line that no kernel gets above.
  package struct Ceiling: Hashable, Sendable {
    package var name: String
    package var key: String
    /// TFLOPS, whatever the intensity; `nil` for ways to memory.
    package var compute: Double?
    /// GB/s; `nil` for what computes.
    package var bandwidth: Double?

    /// TFLOPS at an intensity in FLOP per byte.
    package func height(at intensity: Double) -> Double {
      compute ?? (bandwidth ?? 0) * intensity / 1000
    }
  }

  let summary: Summary
  /// FLOP per HBM byte; `nil` where no byte was moved.
  let intensity: Double?
  let ceilings: [Ceiling]
  /// FLOP per byte at which the largest compute ceiling and HBM meet.
  let ridge: Double

  init?(_ subject: Subject) {
    let run = subject.core.run
    guard let timed = subject.core.timed, let device = run.device else { return nil }
    summary = timed.summary
    let operations = summary.hardwareFLOPs - summary.transposeFLOPs
    guard summary.hbmBytes > 0 || operations > 0 else { return nil }
    intensity =
      summary.hbmBytes > 0 ? Double(operations) / Double(summary.hbmBytes) : nil
    ridge = run.hardware.peakFLOPsBandwidthRatio
    ceilings =
      RooflineSection.computing(device, run.hardware) + [
        Ceiling(name: "HBM", key: "hbm", compute: nil, bandwidth: run.hardware.hbmBandwidth),
        Ceiling(
          name: "DMA rings", key: "dma_rings", compute: nil,
          bandwidth: run.hardware.ringsBandwidth * RooflineSection.hbmShare(device, summary)),
      ]
  }

  /// Bytes of HBM for each that the rings move: 2 for copies within HBM, none for copies on chip.
  private static func hbmShare(_ device: DeviceProgram, _ summary: Summary) -> Double {
    let moved = device.transfers.reduce(0) { $0 + ($1.exchange < 0 ? $1.bytes : 0) }
    return moved > 0 ? Double(summary.hbmBytes) / Double(moved) : 1
  }

  /// The peak in bfloat16, and those of the other element types that the kernel multiplies.
  private static func computing(_ device: DeviceProgram, _ hardware: Hardware) -> [Ceiling] {
    var rates: Set<MatmulRate> = [.single]
    for instruction in device.instructions {
      if case .matmul(let matmul) = instruction.work, !matmul.transpose {
        rates.insert(matmul.rate)
      }
    }
    return MatmulRate.allCases.filter(rates.contains).map { rate in
      Ceiling(
        name: rate.displayName, key: rate.key, compute: hardware.peakTFLOPS(rate), bandwidth: nil)
    }
  }

  var blocks: [Block] {
    let reached = summary.achievedTFLOPS
    guard let intensity, reached > 0 else {
      guard summary.hbmBytes > 0 else { return [] }
      let lines = ceilings.filter { $0.bandwidth != nil }.map { ceiling -> Phrase in
        let share = summary.achievedHBMBandwidth / (ceiling.bandwidth ?? 1)
        return "\(.share(share)) of \(ceiling.name) (\(.number(ceiling.bandwidth ?? 0, 1, "GB/s")))"
      }
      return [
        .sentence(
          "No products of matrices: only the ways to memory are ceilings. \(.number(summary.achievedHBMBandwidth, 1, "GB/s")) of HBM are \(lines.joined(separator: ", "))."
        )
      ]
    }
    var table = Table([
      Table.Column("ceiling", .text, isKey: true), Table.Column("TFLOPS here"),
      Table.Column("reached"), Table.Column("", .bar),
    ])
    let order = ceilings.enumerated().sorted {
      ($0.element.height(at: intensity), $0.offset) < ($1.element.height(at: intensity), $1.offset)
    }
    for (index, ceiling) in order {
      let key = "roofline.ceilings.\(index)"
      let height = ceiling.height(at: intensity)
      let name =
        ceiling.bandwidth.map { "\(ceiling.name) (\(fixed($0, 1)) GB/s)" } ?? ceiling.name
      let share = height > 0 ? reached / height : 0
      table.rows.append([
        .text(name), .figure(.number(height, 2, "", "\(key).tflops_here")),
        .figure(.share(share, "\(key).reached")), .bar(share),
      ])
    }
    return [
      .sentence(
        "\(.number(intensity, 1, "FLOP", "roofline.intensity")) per byte of HBM, \(.number(reached, 2, "TFLOPS", "roofline.tflops")); compute and HBM balance at \(.number(ridge, 1, "FLOP", "roofline.ridge")) per byte."
      ),
      .table(table),
    ]
  }

  var values: [String: JSON] {
    let reached = summary.achievedTFLOPS
    return [
      "roofline": .object([
        "intensity": intensity.map { .real($0) } ?? .null, "ridge": .real(ridge),
        "tflops": .real(reached), "gigabytes_per_second": .real(summary.achievedHBMBandwidth),
        "ceilings": .array(
          ceilings.map { ceiling in
            let height = intensity.map { ceiling.height(at: $0) }
            return .object([
              "name": .string(ceiling.key),
              "tflops": ceiling.compute.map { .real($0) } ?? .null,
              "gigabytes_per_second": ceiling.bandwidth.map { .real($0) } ?? .null,
              "tflops_here": height.map { .real($0) } ?? .null,
              "reached": height.map { $0 > 0 ? .real(reached / $0) : .null } ?? .null,
            ])
          }),
      ])
    ]
  }
}

extension MatmulRate {
  /// What texts call it.
  fileprivate var displayName: String {
    switch self {
    case .single: "bfloat16"
    case .float8: "8-bit floats"
    case .float32Pass: "float32"
    case .doubleRow: "8-bit floats, two rows at once"
    case .mx: "MX data"
    case .float16, .tfloat32: String(describing: self)
    }
  }

  /// The key in reports for machines.
  fileprivate var key: String {
    switch self {
    case .single: "bfloat16"
    case .float32Pass: "float32"
    case .doubleRow: "double_row"
    case .float16, .float8, .tfloat32, .mx: String(describing: self)
    }
  }
}

extension Hardware {
  /// What the warm PE array computes at most at a rate, in TFLOPS, as `Summary` counts operations.
  fileprivate func peakTFLOPS(_ rate: MatmulRate) -> Double {
    let cycles: Double
    var factor = 1.0
    switch rate {
    case .single: cycles = tensor.cyclesPerColumn.bf16
    case .mx:
      cycles = tensor.cyclesPerColumn.bf16
      factor = Double(tensor.mxFactor)
    case .float16: cycles = tensor.cyclesPerColumn.fp16
    case .float8: cycles = tensor.cyclesPerColumn.fp8
    case .doubleRow:
      cycles = tensor.cyclesPerColumn.fp8
      factor = Double(tensor.doubleRowFactor)
    case .tfloat32: cycles = tensor.cyclesPerColumn.tf32
    case .float32Pass:
      cycles = tensor.cyclesPerColumn.fp32Pass
      factor = 1 / Double(max(1, tensor.fp32Passes))
    }
    return peakTFLOPS * tensor.cyclesPerColumn.bf16 / cycles * factor
  }
}
