import Device
package import Hardware
import Kernels
package import Reports
import Timing

// operation              alone µs  bound by          busiest      in the layer: ends    adds  share  least µs
// qkv projection           62.790  DMA rings   91 %  Tensor 68 %             71.120  60.130   17 %    55.9

extension LayerStudy {
  /// The table, the sums and what they mean.
  package func blocks(on hardware: Hardware) -> [Block] {
    var table = Table([
      Table.Column("operation", .text, isKey: true), Table.Column("alone µs"),
      Table.Column("bound by", .text), Table.Column(""), Table.Column("busiest", .text),
      Table.Column(""), Table.Column("ends µs"), Table.Column("adds µs"), Table.Column("share"),
      Table.Column("least µs"),
    ])
    for row in rows {
      table.rows.append([
        .text(row.operation.name), row.alone.map { .figure(.microseconds($0)) } ?? "-",
        .text(row.bottleneck?.limitName ?? "-"),
        row.bottleneck.map { .figure(.share($0.share)) } ?? "",
        .text(row.busiest?.engine.displayName ?? "-"),
        row.busiest.map { .figure(.share($0.share)) } ?? "",
        row.finished.map { .figure(.microseconds($0)) } ?? "with above",
        row.finished == nil ? "" : .figure(.microseconds(row.added)),
        row.finished == nil ? "" : .figure(.share(share(row.added))),
        .figure(.microseconds(row.least)),
      ])
    }
    table.rows.append([
      "\("layer", .strong)", .figure(.microseconds(aloneTotal)), "", "", "", "",
      .figure(.microseconds(total)), .figure(.microseconds(total)), "100 %",
      .figure(.microseconds(leastTime(on: hardware))),
    ])
    let sentences = sentences(on: hardware)
    return [.heading("operations of the layer"), .sentence(Phrase(sentences[0])), .table(table)]
      + sentences.dropFirst().map { .sentence(Phrase($0)) }
  }

  private func share(_ time: Picoseconds) -> Double {
    total > 0 ? Double(time) / Double(total) : 0
  }

  /// What the table says.
  package func sentences(on hardware: Hardware) -> [String] {
    let phase =
      layer.isDecode
      ? "decode of 1 token, context \(grouped(layer.context))"
      : "prefill of \(grouped(layer.tokens)) tokens"
    let cores = layer.layout.count > 1 ? ", one of \(layer.layout.count) cores" : ""
    let least = leastTime(on: hardware)
    let shared = sharedLeastTime(on: hardware)
    let times = total > 0 ? Double(aloneTotal) / Double(total) : 0
    let worst = rows.filter { $0.finished != nil }.sorted {
      $0.added - $0.least > $1.added - $1.least
    }
    .prefix(3).map { "\($0.operation.name) \(microseconds(max(0, $0.added - $0.least))) µs" }
    return [
      "\(phase)\(cores): one program \(microseconds(total)) µs; its operations alone, one after another, "
        + "\(microseconds(aloneTotal)) µs (\(fixed(times, 2)) times as long).",
      "least time where all overlaps: \(microseconds(least)) µs at the "
        + "\(fixed(hardware.hbm.readBandwidthPerCore, 0)) GB/s that one core reads "
        + "(the program takes \(percent(Double(total) / Double(max(1, least)))) of it), "
        + "\(microseconds(shared)) µs at the \(fixed(sharedBandwidth, 0)) GB/s of a core whose "
        + "neighbour is as busy.",
      "beyond the least time of the operation: \(worst.joined(separator: ", ")).",
      "'adds' is by how much an operation moved the end of all before it; it sums to the layer.",
    ]
  }

  /// The same for machines: times in seconds, shares from 0 to 1.
  package func json(on hardware: Hardware) -> JSON {
    func seconds(_ time: Picoseconds) -> JSON { .real(Double(time) / 1e12) }
    let operations = rows.map { row -> JSON in
      var object: [String: JSON] = [
        "name": .string(row.operation.name), "flops": .integer(row.operation.flops),
        "bytes": .integer(row.operation.bytes), "least_time": seconds(row.least),
        "added_time": seconds(row.added), "share": .real(share(row.added)),
      ]
      if let alone = row.alone { object["alone_time"] = seconds(alone) }
      if let finished = row.finished { object["finished_time"] = seconds(finished) }
      if let bottleneck = row.bottleneck {
        object["bound_by"] = .string(bottleneck.key)
        object["bound_share"] = .real(bottleneck.share)
      }
      if let busiest = row.busiest {
        object["busiest_engine"] = .string(busiest.engine.name)
        object["busiest_share"] = .real(busiest.share)
      }
      if let kernel = row.operation.kernel {
        object["kernel"] = .string(kernel.rawValue)
        object["settings"] = .array(row.operation.settings.map { .string($0) })
      }
      return .object(object)
    }
    return .object([
      "phase": .string(layer.isDecode ? "decode" : "prefill"), "tokens": .integer(layer.tokens),
      "context": .integer(layer.context), "cores": .integer(layer.layout.count),
      "operations": .array(operations),
      "total_time": seconds(total), "alone_time": seconds(aloneTotal),
      "least_time": seconds(leastTime(on: hardware)),
      "shared_least_time": seconds(sharedLeastTime(on: hardware)),
    ])
  }
}
