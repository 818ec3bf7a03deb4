import Captures
import Hardware
package import Reports

/// How the errors change when one constant of the hardware changes.
package struct Sensitivity: Sendable {
  /// One constant's line.
  package struct Row: Sendable {
    /// Its path in the configuration.
    package var path: String
    /// Its value.
    package var value: String
    /// Median and largest of the sizes of the user spans' errors, in percentage points more than as
    /// configured, with the constant 10 % smaller and 10 % larger; `nil` where the configuration refuses it.
    package var smaller: (median: Double, worst: Double)?
    /// As `smaller`.
    package var larger: (median: Double, worst: Double)?
    /// Largest change of any capture's span, in percent of the measured one.
    package var reach: Double
  }

  /// What the errors are as configured.
  package var configured: (median: Double, worst: Double)
  /// Constants that change a span by 0.005 % or more, those that reach farthest first.
  package var rows: [Row]
  /// How many constants were tried.
  package var tried: Int

  /// Replays all captures, everything predicted, with each number of the hardware 10 % smaller and larger.
  ///
  /// - Parameter progress: Gets how many constants are done, of how many.
  /// - Throws: Diagnostics of captures that cannot be read or replayed as configured.
  package init(
    _ paths: [String], hardware name: String, overrides: [String],
    progress: (@Sendable (Int, Int) -> Void)? = nil
  ) throws {
    let captures = try parallelMap(paths.filter { $0.hasSuffix(".instr.csv.zst") }.sorted()) {
      try Capture(contentsOf: $0)
    }
    @Sendable func errors(_ hardware: Hardware) throws -> [Double] {
      try captures.map { try Replay($0, on: hardware, dma: .predicted).userSpanError }
    }
    let hardware = try Hardware.load(name, overrides: overrides)
    let base = try errors(hardware)
    let reference = Sensitivity.sizes(base)
    let constants: [(path: String, value: Double)] = hardware.paths.compactMap { path in
      hardware.value(of: path).flatMap(Double.init).flatMap { $0 == 0 ? nil : (path, $0) }
    }
    let all = try parallelMap(constants, progress: { progress?($0, constants.count) }) { constant in
      var row = Row(
        path: constant.path, value: hardware.value(of: constant.path) ?? "", smaller: nil,
        larger: nil, reach: 0)
      for factor in [0.9, 1.1] {
        // What the configuration refuses (a count of partitions, say) is no constant to fit.
        guard
          let changed = try? Hardware.load(
            name, overrides: overrides + ["\(constant.path)=\(constant.value * factor)"]),
          let found = try? errors(changed)
        else { continue }
        let sizes = Sensitivity.sizes(found)
        let change = (sizes.median - reference.median, sizes.worst - reference.worst)
        if factor < 1 { row.smaller = change } else { row.larger = change }
        for (one, other) in zip(found, base) { row.reach = max(row.reach, abs(one - other)) }
      }
      return row
    }
    configured = reference
    tried = all.count
    rows = all.filter { $0.reach >= 0.005 }.sorted { ($1.reach, $0.path) < ($0.reach, $1.path) }
  }

  private static func sizes(_ errors: [Double]) -> (median: Double, worst: Double) {
    let sizes = errors.map(abs)
    return (median(sizes), sizes.max() ?? 0)
  }

  /// The table for people.
  package var blocks: [Block] {
    func signed(_ value: Double?) -> Table.Cell {
      guard let value else { return "-" }
      return .figure(Figure((value > 0.0005 ? "+" : "") + fixed(value, 2), .real(value)))
    }
    return [
      .heading(
        "as configured: median \(.number(configured.median, 2, "%")), worst \(.number(configured.worst, 2, "%")) (user span, everything predicted)"
      ),
      .table(
        Table(
          [
            Table.Column("constant", .text, isKey: true), Table.Column("value"),
            Table.Column("reach"), Table.Column("-10 %: med."), Table.Column("worst"),
            Table.Column("+10 %: med."), Table.Column("worst"),
          ],
          rows.map { row in
            [
              .text(row.path), .text(row.value), .figure(.number(row.reach, 2)),
              signed(row.smaller?.median), signed(row.smaller?.worst),
              signed(row.larger?.median), signed(row.larger?.worst),
            ]
          })),
      .sentence(
        "\(.count(rows.count)) of \(.count(tried)) constants change a span; reach: largest change of a span in percent of the measured one; then the change of the errors' median and largest size in percentage points"
      ),
    ]
  }

  /// The table for machines.
  package func json() -> JSON {
    func change(_ value: (median: Double, worst: Double)?) -> JSON {
      value.map { .object(["median": .real($0.median), "worst": .real($0.worst)]) } ?? .null
    }
    return .object([
      "configured": change(configured), "tried": .integer(tried),
      "constants": .array(
        rows.map { row in
          .object([
            "path": .string(row.path), "value": .string(row.value),
            "reach_percent": .real(row.reach),
            "minus_10_percent": change(row.smaller), "plus_10_percent": change(row.larger),
          ])
        }),
    ])
  }
}
