import Device
package import Diagnostics
import Glibc
import Hardware
package import Reports
import Simulation
import Timing

// matmul on trn2: 41.578 µs, not bound by one resource: …
//
//   twice as fast                µs    change  then bound by
//   PE array                 28.404   -31.7 %  DMA rings      88 %
//   DMA rings                39.871    -4.1 %  nothing alone  71 %
//   …
//   all of them              20.790   -50.0 %

/// What a run would take on a machine with faster or slower parts.
package struct WhatIf: Sendable {
  /// One changed machine.
  package struct Row: Sendable {
    /// What was changed; `nil` for everything at once.
    package var target: ScaledTarget?
    /// How much faster, or how much larger the value.
    package var factor: Double
    /// What the run then is; `nil` with the reason if the machine is impossible.
    package var outcome: VariantOutcome
  }

  /// What runs.
  package var variant: Variant
  /// As it is.
  package var base: Measurement
  /// The verdict, by what faster parts give.
  package private(set) var sentence = ""
  /// Each part twice as fast, and then all of them.
  package var twice: [Row] = []
  /// The scaled targets, each factor by itself.
  package var scales: [[Row]] = []

  /// What is made twice as fast, each by itself.
  static let candidates = MachinePart.allCases.map { ScaledTarget.part($0) } + [.memory]

  /// Simulates the table of parts and the given scales on several threads.
  ///
  /// - Throws: `DiagnosticError` if the variant itself does not run.
  package init(
    _ variant: Variant, scales: [(target: ScaledTarget, factors: [Double])],
    runner: ParallelRunner = ParallelRunner(), evaluator: Evaluator
  ) throws {
    self.variant = variant
    let hardware = try evaluator.hardware(variant)
    let run = try evaluator.run(variant)
    guard let base = Measurement(Report(run)) else {
      throw DiagnosticError("'\(variant.subject)' gives no times")
    }
    self.base = base
    var rows: [(target: ScaledTarget?, factor: Double)] = WhatIf.candidates.map { ($0, 2) }
    rows.append((nil, 2))
    for scale in scales { rows += scale.factors.map { (scale.target, $0) } }
    let changed = rows.map { WhatIf.overrides($0.target, $0.factor, on: hardware) }
    // A compiler that knew of the faster part would order instructions otherwise: that is no gain of the part.
    let compiled = try evaluator.compiled(variant, run)
    let evaluate: @Sendable ([Setting]) -> VariantOutcome = { overrides in
      guard let compiled else {
        return evaluator.evaluate(WhatIf.variant(variant, overrides))
      }
      do throws(DiagnosticError) {
        return evaluator.evaluate(
          compiled, on: try hardware.overridden(by: overrides.map(\.text)))
      } catch {
        return .refused(error.diagnostics.map(\.message))
      }
    }
    var outcomes = [VariantOutcome?](repeating: nil, count: rows.count)
    var next = 0
    try runner.run(
      next: {
        guard next < changed.count else { return nil as (Int, [Setting])? }
        defer { next += 1 }
        return (next, changed[next])
      }, work: { evaluate($0.1) }, deliver: { outcomes[$0.0] = $1 })
    let found = zip(rows, outcomes).map { row, outcome in
      Row(target: row.target, factor: row.factor, outcome: outcome ?? .faulted("was not run"))
    }
    let parts = WhatIf.candidates.count + 1
    twice = Array(found.prefix(parts))
    let report = Report(run, gains: gains, causes: try run.causes())
    sentence = report.timed?.bottleneck.sentence ?? base.sentence
    var position = parts
    for scale in scales {
      self.scales.append(Array(found[position..<position + scale.factors.count]))
      position += scale.factors.count
    }
  }

  private static func overrides(
    _ target: ScaledTarget?, _ factor: Double, on hardware: Hardware
  ) -> [Setting] {
    let targets = target.map { [$0] } ?? MachinePart.allCases.map { .part($0) }
    return targets.flatMap { $0.overrides(factor, on: hardware) }
  }

  private static func variant(_ variant: Variant, _ changes: [Setting]) -> Variant {
    let names = Set(changes.map(\.name))
    var scaled = variant
    scaled.overrides.removeAll { names.contains($0.name) }
    for change in changes { scaled.set(.override(change.name), to: change.value) }
    return scaled
  }

  /// Factors of a text: a list `0.5,1,2`, or `0.5..4` in steps of the square root of 2.
  package static func factors(_ text: String) throws(DiagnosticError) -> [Double] {
    let problem = DiagnosticError(
      "'\(text)' is no range of factors", remedy: "write 0.5..4, or a list: 0.5,1,2")
    guard let range = text.firstRange(of: "..") else {
      let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map {
        Double($0)
      }
      guard numbers.allSatisfy({ $0.map { $0 >= 1e-3 && $0 <= 1e3 } ?? false }) else {
        throw problem
      }
      return numbers.compactMap { $0 }
    }
    guard let first = Double(text[..<range.lowerBound]),
      let last = Double(text[range.upperBound...]), first >= 1e-3, last <= 1e3, first < last
    else { throw problem }
    let steps = Int((2 * log2(last / first)).rounded(.up))
    // The last step ends at the last factor, wherever that is.
    let ratio = pow(last / first, 1 / Double(steps))
    return (0...steps).map { step in
      step == steps ? last : ((first * pow(ratio, Double(step))) * 1e4).rounded() / 1e4
    }
  }

  /// What twice as fast a part gives, as a share of the time; `nil` if it could not be run.
  package func gain(_ part: MachinePart) -> Double? {
    twice.first { $0.target == .part(part) }?.outcome.measurement.map { change($0) }
  }

  /// What each part twice as fast gives, for the sentence that reports have as well.
  package var gains: PartGains {
    PartGains(
      twice.compactMap { row in
        row.outcome.measurement.flatMap { row.target?.gain(change($0)) }
      })
  }

  private func change(_ measurement: Measurement) -> Double {
    base.time > 0 ? Double(measurement.time - base.time) / Double(base.time) : 0
  }

  // MARK: - Views

  /// The tables for people.
  package var blocks: [Block] {
    let name = variant.key.replacing(" | ", with: " on ")
    var blocks: [Block] = [
      .heading("\(name): \(.time(base.time))"), .sentence(Phrase(sentence, .strong)),
    ]
    let sorted = twice.dropLast().sorted { left, right in
      (left.outcome.measurement?.time ?? .max, left.target?.key ?? "")
        < (right.outcome.measurement?.time ?? .max, right.target?.key ?? "")
    }
    blocks.append(
      .table(
        table("twice as fast", sorted + twice.suffix(1)) {
          $0.target?.displayName ?? "all of them"
        }))
    for scale in scales {
      guard let target = scale.first?.target else { continue }
      blocks.append(
        .table(table("\(target.displayName) ×", scale) { fixed($0.factor, 2) }))
    }
    return blocks
  }

  /// The same on a page.
  package func text(on page: Page = Page()) -> String { blocks.text(on: page) }

  private func table(
    _ heading: String, _ rows: [Row], _ name: (Row) -> String
  ) -> Table {
    Table(
      [
        Table.Column(heading, .text, isKey: true), Table.Column("µs"), Table.Column("change"),
        Table.Column("then bound by", .text), Table.Column(""),
      ],
      rows.map { row in
        guard let found = row.outcome.measurement else {
          return [.text(name(row)), "-", "-", .text(row.outcome.reason), ""]
        }
        let change = change(found)
        let text = "\(change > 0 ? "+" : "")\(fixed(change * 100, 1)) %"
        return [
          .text(name(row)), .figure(.microseconds(found.time)),
          .figure(Figure(text, .real(change))), .text(found.limitName),
          .figure(.share(found.limitShare)),
        ]
      })
  }

  /// The tables for machines.
  package var json: JSON {
    func rows(_ rows: [Row]) -> JSON {
      .array(
        rows.map { row in
          var object: [String: JSON] = [
            "target": .string(row.target?.key ?? "all"), "factor": .real(row.factor),
          ]
          if let found = row.outcome.measurement {
            object["total_time_ps"] = .integer(Int(found.time))
            object["change"] = .real(change(found))
            object["limit"] = .string(found.limit)
            object["limit_share"] = .real(found.limitShare)
          } else {
            object["reason"] = .string(row.outcome.reason)
          }
          return .object(object)
        })
    }
    return .object([
      "schema": .integer(1), "variant": .string(variant.key),
      "total_time_ps": .integer(Int(base.time)), "sentence": .string(sentence),
      "bottleneck": .string(gains.sentence),
      "twice_as_fast": rows(twice), "scales": .array(scales.map(rows)),
    ])
  }
}
