import Timing

//   if only … limited      µs  share
//   Tensor             27.465   65 %  ██████████████████████████░░░░░░░░░░░░░░

/// What each resource alone would have needed.
struct BoundsSection: Section {
  static let name = "bounds"
  static let title = "Bounds"

  let timed: CoreReport.Timed

  init?(_ subject: Subject) {
    guard let timed = subject.core.timed else { return nil }
    self.timed = timed
  }

  var blocks: [Block] {
    let bounds = timed.bounds
    var rows = Resource.allCases.filter { resource in
      // Few starts limit nothing.
      bounds[resource] > 0 && !(resource.isStart && timed.summary.share(bounds[resource]) < 0.1)
    }.map {
      (name: $0.displayName, key: "bounds.\($0.key)", time: bounds[$0])
    }
    if bounds.dependencyChain > 0 {
      rows.append(("dependency chain", "bounds.dependency_chain", bounds.dependencyChain))
    }
    rows.sort { ($1.time, $0.name) < ($0.time, $1.name) }
    rows.append(("simulated", "total_time", timed.summary.total))
    return [
      .table(
        Table(
          [
            Table.Column("if only … limited", .text, isKey: true), Table.Column("µs"),
            Table.Column("share"), Table.Column("", .bar),
          ],
          rows.map { row in
            let share = timed.summary.share(row.time)
            return [
              .text(row.name), .figure(.microseconds(row.time, row.key)), .figure(.share(share)),
              .bar(share),
            ]
          }))
    ]
  }

  var values: [String: JSON] {
    let bounds = timed.bounds
    var object: [String: JSON] = ["dependency_chain": seconds(bounds.dependencyChain)]
    for resource in Resource.allCases { object[resource.key] = seconds(bounds[resource]) }
    return ["bounds": .object(object)]
  }
}

/// A time in seconds.
func seconds(_ time: Picoseconds) -> JSON { .real(Double(time) / 1e12) }
