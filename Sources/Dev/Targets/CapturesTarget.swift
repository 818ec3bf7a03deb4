import Accuracy
import Captures
import Diagnostics
import Hardware
import Programs
import Storage
import Timing

/// Captures in both formats, of which cells, rows, headers or bytes were changed: refused at the place, or replayed.
package struct CapturesTarget: FuzzTarget {
  package static let name = "captures"
  package static let summary = "changed captures of both formats, replayed both ways"

  /// The tables of one capture, by the ends of their names.
  private struct Tables {
    var entry: String
    var texts: [(kind: String, lines: [String])]
  }

  private let captures: [Tables]
  private let hardware: Hardware

  package init(_ place: FuzzPlace) throws {
    hardware = try Hardware.load(named: "trn2")
    captures = [SampleCaptures.trace, SampleCaptures.profile].map { form in
      Tables(entry: form.entry, texts: form.tables.map { ($0.kind, $0.lines) })
    }
  }

  /// Values that cells of some columns have, and that none has.
  private static let cells = [
    "", "-40", "nan", "inf", "1e9", "9223372036854775807", "99999999999999999999", "0x10", " 5",
    "five", "4.5.6", "é", "\u{1B}[31m", "-", "0", "1", "4.5", "128", "129", "255", "256", "65535",
    "100000000000", "S[", "S[5]", "S[5]>=-1", "S[255]>=65535", "S[5]++", "S[5]+=2", "S[4]>=1",
    "S[5]>=1 S[4]>=1", "SBUF@0x0[1][1]", "SBUF@0x0[1,1][128,1]", "PSUM@0x2000000[1][512]",
    "SBUF@0x0[1,1,1,1,1,1,1,1][2,2,2,2,2,2,2,2]", "DRAM@0x0[1][1]", "semaphore=8 sem_increment=16",
    "S[5] (Tensor)++@complete", "src=fp32@0x0[1,1][128,1]", "dst=0x2000000[1,0,0][128,1,1]",
    "fp32_mode=LOW", "channels=128", "fp32", "bf16", "fp8", "Tensor", "Vector", "Scalar", "GpSimd",
    "Sync", "TensorMatrix", "user", "runtime", "MATMUL", "LDWEIGHTS", "COPY", "WRITE", "ACTIVATE",
    "TENSOR_TENSOR", "DMA_DIRECT2D", "EVENT_SEMAPHORE", "NOP", "\"", ",",
  ]

  package func run(_ fuzz: FuzzCase) throws {
    var tables = fuzz.random.pick(captures)
    for _ in 0..<fuzz.random.pick([1, 1, 1, 2, 3]) { change(&tables, fuzz) }
    for (kind, lines) in tables.texts {
      let content = Array((lines.joined(separator: "\n") + "\n").utf8)
      fuzz.feed(content, "input.\(kind).csv")
      let writer = try ZstdWriter(path: "\(fuzz.scratch)/small.\(kind).csv.zst", level: 1)
      try writer.append(content)
      try writer.finish()
    }
    let path = "\(fuzz.scratch)/small.\(tables.entry).csv.zst"
    let capture: Capture
    do throws(DiagnosticError) {
      capture = try Capture(contentsOf: path)
    } catch {
      fuzz.requireTold(error, "read")
      return fuzz.reach("refused")
    }
    fuzz.reach("read")
    for dma in DMASource.allCases {
      do throws(DiagnosticError) {
        let replay = try Replay(capture, on: hardware, dma: dma)
        fuzz.reach("replayed")
        requireTimes(replay, fuzz)
        guard fuzz.random.once(in: 4) else { continue }
        let judged = try Replay.judged(capture, on: hardware, dma: dma, phase: .captured)
        fuzz.requireJSON(judged.replay.json(judged.phases), "the replay")
        _ = judged.replay.blocks(judged.phases)
        _ = judged.replay.table()
        if fuzz.random.once(in: 4) {
          _ = judged.replay.page(judged.phases)
          _ = try judged.replay.writeTrace(to: "\(fuzz.scratch)/replay.pftrace.zst")
        }
        fuzz.reach("reported")
      } catch {
        fuzz.requireTold(error, "replay")
        fuzz.reach("not replayed")
      }
    }
  }

  private func requireTimes(_ replay: Replay, _ fuzz: FuzzCase) {
    fuzz.require(replay.userSpan >= 0, "a predicted span of \(replay.userSpan) ps")
    fuzz.require(replay.capture.userSpan >= 0, "a measured span of \(replay.capture.userSpan) ps")
    for timing in replay.timeline.instructions where timing.begin >= timing.end || timing.head < 0 {
      return fuzz.fail("an instruction from \(timing.begin) to \(timing.end)")
    }
    fuzz.require(
      replay.durationErrors.allSatisfy(\.isFinite) && replay.userSpanError.isFinite,
      "an error that is no number")
  }

  private func change(_ tables: inout Tables, _ fuzz: FuzzCase) {
    let table = fuzz.random.pick(0...tables.texts.count - 1)
    var lines = tables.texts[table].lines
    defer { tables.texts[table].lines = lines }
    let row = fuzz.random.pick(0...lines.count - 1)
    switch fuzz.random.pick(0...9) {
    case 0: lines.remove(at: row)
    case 1: lines.insert(lines[row], at: fuzz.random.pick(0...lines.count))
    case 2: lines.swapAt(row, fuzz.random.pick(0...lines.count - 1))
    case 3:
      var mutation = TextMutation(random: SeededGenerator(seed: fuzz.seed()))
      let text = mutation.mutate(Array(lines.joined(separator: "\n").utf8))
      lines = String(decoding: text, as: UTF8.self).split(
        separator: "\n", omittingEmptySubsequences: false
      ).map(String.init)
    default:
      var cells = CapturesTarget.cells(lines[row])
      let place = fuzz.random.pick(0...cells.count - 1)
      cells[place] = changed(cells[place], lines, fuzz)
      lines[row] = cells.map { $0.utf8.contains(0x2C) ? "\"\($0)\"" : $0 }.joined(separator: ",")
    }
    if lines.isEmpty { lines = [""] }
  }

  private func changed(_ cell: String, _ lines: [String], _ fuzz: FuzzCase) -> String {
    switch fuzz.random.pick(0...6) {
    case 0: return fuzz.random.pick(CapturesTarget.cells(fuzz.random.pick(lines)))
    case 1: return String(cell.dropLast())
    case 2: return cell + "\(fuzz.random.pick(0...9))"
    case 3:
      return Double(cell).map { "\($0 * fuzz.random.pick([0, 0.5, 2, 1000, -1]))" } ?? cell + cell
    case 4: return Double(cell).map { "\($0 + Double(fuzz.random.pick(-2000...2000)))" } ?? ""
    default: return fuzz.random.pick(CapturesTarget.cells)
    }
  }

  /// A line's cells; those with commas are in quotes.
  private static func cells(_ line: String) -> [String] {
    var cells = [""]
    var isQuoted = false
    for character in line {
      if character == "\"" {
        isQuoted.toggle()
      } else if character == "," && !isQuoted {
        cells.append("")
      } else {
        cells[cells.count - 1].append(character)
      }
    }
    return cells
  }
}

/// A small capture in both formats: two DMAs, a matmul pair and a copy.
private enum SampleCaptures {
  struct Form {
    var entry: String
    var tables: [(kind: String, lines: [String])]
  }

  static var trace: Form {
    var dma = ["dma_engine_byte,queue,bytes,start_ns,read_done_ns,write_ack_ns"]
    var sem = ["sem_id,b1,src_byte,type_byte,value,ts_ns"]
    for (queue, semaphore, begin) in [(0, 8, 1900.0), (1, 24, 4500.0)] {
      for ring in 0..<16 {
        let start = begin + Double(ring) * 11
        dma.append("\(128 + ring),\(queue),4100,\(start),\(start + 160),\(start + 400)")
        sem.append("\(semaphore),1,243,155,\(ring + 1),\(begin + 500 + Double(ring) * 11)")
      }
    }
    return Form(
      entry: "instr",
      tables: [
        (
          "instr",
          [
            "engine,idx,region,op,begin_ns,end_ns,dur_ns,wait,update,src,dst,src_dt,dst_dt,"
              + "channels,n_src,n_dst,fp32_mode,act_fn,next_begin_gap_ns,next_waits",
            "Sync,1,runtime,NOP,10.0,20.0,10.0,,,,,,,,,,,,,",
            "Sync,5,user,WRITE,1000.0,1057.5,57.5,,,,,,,,,,,,,",
            "Sync,6,user,WRITE,3650.0,3707.5,57.5,S[4]>=1,,,,,,,,,,,,",
            "Tensor,7,user,LDWEIGHTS,3000.0,3138.0,138.0,S[8]>=16,,"
              + "\"SBUF@0x37efc[-1,0,0][128,1,1]\",,fp32,,,128,,LOW,,,",
            "Tensor,8,user,MATMUL,3030.8,3330.0,299.2,,S[5]++,\"SBUF@0x2fd00[1,0,0][128,1,1]\","
              + "\"PSUM@0x2000000[1,0,0][128,1,1]\",fp32,,,128,128,LOW_HIGH,,,",
            "Scalar,3,user,COPY,3367.0,3632.0,265.0,S[5]>=1,S[4]++,"
              + "\"PSUM@0x2000000[1,1,1,1][128,1,1,1]\",\"SBUF@0x0[1,1,1,1][128,1,1,1]\",fp32,fp32,"
              + "128,128,128,,,,",
          ]
        ),
        ("dma", dma), ("sem", sem),
      ])
  }

  static var profile: Form {
    var dma = [
      "subgraph,dma_engine,dma_queue,queue_type,timestamp,duration,transfer_size,read_size,"
        + "write_size,transfer_rate,packet_idx"
    ]
    for begin in [2400, 5400] {
      for ring in 0..<16 {
        dma.append("sg00,\(64 + ring),2,hardware_dynamic,\(begin + ring),160,4100,4100,4100,0,0")
      }
    }
    return Form(
      entry: "instructions",
      tables: [
        (
          "instructions",
          [
            "subgraph,label,pc,opcode,operands,timestamp,duration,evt_wait_time,activation_fn,"
              + "bir_instruction_name,elements,sbuf_read_bytes,sbuf_write_bytes,psum_read_bytes,"
              + "psum_write_bytes,hbm_read_bytes,hbm_write_bytes",
            "sg00,Tensor,53,EVENT_SEMAPHORE, setter=0  $S[2]+=1@complete ,10,67,1,,,,,,,,,",
            "sg00,Sync,5,DMA_DIRECT2D,\" semaphore=8 sem_increment=16  src_elem_size=512 \",1000,"
              + "559,1,,I-1,,,,,,65536,",
            "sg00,Sync,6,DMA_DIRECT2D,\"S[4] (Scalar)>=1 semaphore=9 sem_increment=16 \",4000,559,"
              + "1,,I-4,,,,,,,65536",
            "sg00,Tensor,7,LDWEIGHTS,\"S[8] (qSyncDynamicHW)>=16 fp32_mode=LOW "
              + "src=fp32@0x379f4[-1,0,0][128,1,1] 128*128 \",3000,138,0,,I-2,,512,,,,,",
            "sg00,TensorMatrix,8,MATMUL,\"S[5] (Tensor)++@complete acc_flags=3 fp32_mode=LOW_HIGH "
              + "src=fp32@0x36500[1,0,0][128,1,1] dst=0x2000000[1,0,0][128,1,1] 128*128 \",3030,"
              + "299,0,,I-2,,512,,,512,,",
            "sg00,Scalar,3,COPY,\"S[5] (Tensor)>=1 S[4] (Scalar)++@complete "
              + "src=fp32@0x2000000[1,1,1,1][128,1,1,1] dst=fp32@0x0[1,1,1,1][128,1,1,1] "
              + "channels=128 \",3367,265,0,,I-3,,,512,512,,,",
            "sg01,Tensor,34,NOP, cycle=1 ,5,13,0,,,,,,,,,",
          ]
        ),
        ("dma", dma),
      ])
  }
}
