import Hardware
import Programs
import Testing

@testable import Compiler

/// Results one after the other, where nothing else has room.
struct DepthFirstTests: PassTesting {
  /// A blocked product whose phases each go over all results: clear, add, store.
  private func phases(_ results: Int) -> String {
    let tensors = (0..<results).map { "tensor r\($0): sbuf float32 [128, 2048]\n" }.joined()
    let clears = (0..<results).map { "memset dst=r\($0) value=0.0 engine=vector\n" }.joined()
    let adds = (0..<results)
      .map { result in
        """
        nc_matmul dst=p stationary=w[:, 0:128] moving=w
        tensor_tensor dst=r\(result)[:, 0:512] data1=r\(result)[:, 0:512] data2=p op=add

        """
      }.joined()
    let stores = (0..<results)
      .map { "dma_copy dst=y[:, \($0 * 2048):\(($0 + 1) * 2048)] src=r\($0)\n" }.joined()
    return """
      meta nki = 2
      tensor x: hbm input float32 [128, 512]
      tensor y: hbm output float32 [128, \(results * 2048)]
      tensor w: sbuf float32 [128, 512]
      tensor p: psum float32 [128, 512]
      \(tensors)dma_copy dst=w src=x
      \(clears)\(adds)\(stores)
      """
  }

  @Test func phasesThatHaveNoRoomFinishOneResultAfterTheOther() throws {
    // 32 results of 8 KiB of a partition are 256 KiB, SBUF has 208.
    let head = "trnsim program 1\nkernel k\ndependencies derived\n"
    let program = try Program(text: head + phases(32), file: "k.trn")
    var draft = Draft(program, TargetMachine(try Hardware.load("trn2")))
    #expect(DepthFirst.run(&draft) > 0)
    let order = names(draft.program(keepsScopes: false))
    #expect(order.prefix(5) == ["dma_copy", "memset", "nc_matmul", "tensor_tensor", "dma_copy"])
    // And the whole pipeline does not refuse it.
    let found = try compiled(phases(32)) { $0.schedule = nil }
    #expect(names(found.program).count { $0 == "nc_matmul" } == 32)
  }

  @Test func ordersOfTheAuthorsOwnStay() throws {
    let lines = phases(2).replacing("src=r1", with: "src=r1 after=[0]")
    let head = "trnsim program 1\nkernel k\ndependencies derived\n"
    let program = try Program(text: head + lines, file: "k.trn")
    var draft = Draft(program, TargetMachine(try Hardware.load("trn2")))
    #expect(DepthFirst.run(&draft) == 0)
  }
}
