/// Who moves the tiles of `sendrecv`.
public enum SendRecvEngine: String, SymbolField {
  case dma
  case gpsimdDMA = "gpsimd_dma"
}
