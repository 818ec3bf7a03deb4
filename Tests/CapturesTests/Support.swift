import Captures
import Foundation
import Storage

/// A small capture written into a temporary directory: two DMAs, a matmul pair and a copy.
struct SmallCapture {
  let directory: URL
  var path: String { directory.appendingPathComponent("small.instr.csv.zst").path }

  static let instructionHeader =
    "engine,idx,region,op,begin_ns,end_ns,dur_ns,wait,update,src,dst,src_dt,dst_dt,channels,"
    + "n_src,n_dst,fp32_mode,act_fn,next_begin_gap_ns,next_waits\n"

  /// Rows of the instruction table; the runtime's are not part of the program.
  static let instructions = [
    "Sync,1,runtime,NOP,10.0,20.0,10.0,,,,,,,,,,,,,",
    "Sync,5,user,WRITE,1000.0,1057.5,57.5,,,,,,,,,,,,,",
    "Sync,6,user,WRITE,1090.0,1147.5,57.5,S[4]>=1,,,,,,,,,,,,",
    "Tensor,7,user,LDWEIGHTS,3000.0,3138.0,138.0,S[8]>=16,,\"SBUF@0x37efc[-1,0,0][128,1,1]\",,"
      + "fp32,,,128,,LOW,,,",
    "Tensor,8,user,MATMUL,3030.8,3330.0,299.2,,S[5]++,\"SBUF@0x2fd00[1,0,0][128,1,1]\","
      + "\"PSUM@0x2000000[1,0,0][128,1,1]\",fp32,,,128,128,LOW_HIGH,,,",
    "Scalar,3,user,COPY,3367.0,3632.0,265.0,S[5]>=1,S[4]++,"
      + "\"PSUM@0x2000000[1,1,1,1][128,1,1,1]\",\"SBUF@0x0[1,1,1,1][128,1,1,1]\",fp32,fp32,128,"
      + "128,128,,,,",
  ]

  init(instructions: [String] = SmallCapture.instructions) throws {
    directory = FileManager.default.temporaryDirectory
      .appendingPathComponent("small-capture-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    var dma = "dma_engine_byte,queue,bytes,start_ns,read_done_ns,write_ack_ns\n"
    var sem = "sem_id,b1,src_byte,type_byte,value,ts_ns\n"
    for (queue, semaphore, begin) in [(0, 8, 1900.0), (1, 24, 4500.0)] {
      for ring in 0..<16 {
        let start = begin + Double(ring) * 11
        // Eight rows of 512 B and the semaphore's 4 B.
        dma += "\(128 + ring),\(queue),4100,\(start),\(start + 160),\(start + 400)\n"
      }
      for ring in 0..<16 {
        sem += "\(semaphore),1,243,155,\(ring + 1),\(begin + 500 + Double(ring) * 11)\n"
      }
    }
    let stem = directory.appendingPathComponent("small").path
    let table = SmallCapture.instructionHeader + instructions.joined(separator: "\n") + "\n"
    try writeZstd(table, to: stem + ".instr.csv.zst")
    try writeZstd(dma, to: stem + ".dma.csv.zst")
    try writeZstd(sem, to: stem + ".sem.csv.zst")
  }

  func remove() { try? FileManager.default.removeItem(at: directory) }

  private func writeZstd(_ text: String, to path: String) throws {
    let writer = try ZstdWriter(path: path)
    try writer.append(text)
    try writer.finish()
  }
}
