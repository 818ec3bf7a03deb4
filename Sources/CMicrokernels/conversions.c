#include "conversions.h"

#include "encodings.h"
#include "targets.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "stored elements are little-endian: a big-endian host needs swapped loads here"
#endif

// Elements gathered at a time when the stored elements are not contiguous.
enum { CHUNK = 512 };

static size_t size_of(uint32_t format) {
  switch (format) {
    case TRNSIM_BFLOAT16:
    case TRNSIM_FLOAT16:
    case TRNSIM_INT16:
    case TRNSIM_UINT16:
    case TRNSIM_FLOAT4_E2M1FN_X4: return 2;
    case TRNSIM_FLOAT8_E4M3:
    case TRNSIM_FLOAT8_E5M2:
    case TRNSIM_FLOAT8_E4M3FN:
    case TRNSIM_INT8:
    case TRNSIM_UINT8:
    case TRNSIM_BOOL:
    case TRNSIM_FLOAT8_E8M0FNU: return 1;
    default: return 4;
  }
}

#define LOAD(TYPE, POINTER, INDEX)                                                                \
  ({                                                                                              \
    TYPE loaded;                                                                                  \
    memcpy(&loaded, (const char *)(POINTER) + (INDEX) * sizeof(TYPE), sizeof loaded);             \
    loaded;                                                                                       \
  })
#define STORE(TYPE, POINTER, INDEX, VALUE)                                                        \
  do {                                                                                            \
    const TYPE stored = (TYPE)(VALUE);                                                            \
    memcpy((char *)(POINTER) + (INDEX) * sizeof(TYPE), &stored, sizeof stored);                   \
  } while (0)

// The loops are written once per element type so that each compiles to straight vector code.
#define EACH_FORMAT(ROW)                                                                          \
  ROW(TRNSIM_BFLOAT16, uint16_t)                                                                  \
  ROW(TRNSIM_FLOAT16, uint16_t)                                                                   \
  ROW(TRNSIM_TFLOAT32, uint32_t)                                                                  \
  ROW(TRNSIM_FLOAT8_E4M3, uint8_t)                                                                \
  ROW(TRNSIM_FLOAT8_E5M2, uint8_t)                                                                \
  ROW(TRNSIM_FLOAT8_E4M3FN, uint8_t)                                                              \
  ROW(TRNSIM_INT8, uint8_t)                                                                       \
  ROW(TRNSIM_INT16, uint16_t)                                                                     \
  ROW(TRNSIM_INT32, uint32_t)                                                                     \
  ROW(TRNSIM_UINT8, uint8_t)                                                                      \
  ROW(TRNSIM_UINT16, uint16_t)                                                                    \
  ROW(TRNSIM_UINT32, uint32_t)                                                                    \
  ROW(TRNSIM_BOOL, uint8_t)                                                                       \
  ROW(TRNSIM_FLOAT8_E8M0FNU, uint8_t)                                                             \
  ROW(TRNSIM_FLOAT8_E5M2_X4, uint32_t)                                                            \
  ROW(TRNSIM_FLOAT8_E4M3FN_X4, uint32_t)                                                          \
  ROW(TRNSIM_FLOAT4_E2M1FN_X4, uint16_t)

TRNSIM_INLINE void decode_row(
    uint32_t format, const void *restrict source, size_t count, float *restrict into) {
  switch (format) {
#define ROW(FORMAT, TYPE)                                                                         \
  case FORMAT:                                                                                    \
    for (size_t i = 0; i < count; i++) {                                                          \
      STORE(uint32_t, into, i, trnsim_decode_element(LOAD(TYPE, source, i), FORMAT));             \
    }                                                                                             \
    break;
    EACH_FORMAT(ROW)
#undef ROW
    default: memcpy(into, source, count * sizeof(float));
  }
}

TRNSIM_INLINE void encode_row(
    uint32_t format, const float *restrict source, size_t count, void *restrict into) {
  switch (format) {
#define ROW(FORMAT, TYPE)                                                                         \
  case FORMAT:                                                                                    \
    for (size_t i = 0; i < count; i++) {                                                          \
      STORE(TYPE, into, i, trnsim_encode_element(LOAD(uint32_t, source, i), FORMAT));             \
    }                                                                                             \
    break;
    EACH_FORMAT(ROW)
#undef ROW
    default: memcpy(into, source, count * sizeof(float));
  }
}

TRNSIM_INLINE void encode_row_stochastic(
    uint32_t format, const float *restrict source, size_t count, void *restrict into,
    uint64_t seed, uint64_t first) {
  switch (format) {
#define ROW(FORMAT, TYPE)                                                                         \
  case FORMAT:                                                                                    \
    for (size_t i = 0; i < count; i++) {                                                          \
      const uint64_t random = trnsim_random(seed, first + i);                                     \
      STORE(                                                                                      \
          TYPE, into, i,                                                                          \
          trnsim_encode_element_stochastic(LOAD(uint32_t, source, i), FORMAT, random));           \
    }                                                                                             \
    break;
    EACH_FORMAT(ROW)
#undef ROW
    default: memcpy(into, source, count * sizeof(float));
  }
}

#define ROWS_FOR(NAME, TARGET)                                                                    \
  TARGET static void decode_row_##NAME(                                                           \
      uint32_t format, const void *source, size_t count, float *into) {                           \
    decode_row(format, source, count, into);                                                      \
  }                                                                                               \
  TARGET static void encode_row_##NAME(                                                           \
      uint32_t format, const float *source, size_t count, void *into) {                           \
    encode_row(format, source, count, into);                                                      \
  }                                                                                               \
  TARGET static void encode_row_stochastic_##NAME(                                                \
      uint32_t format, const float *source, size_t count, void *into, uint64_t seed,              \
      uint64_t first) {                                                                           \
    encode_row_stochastic(format, source, count, into, seed, first);                              \
  }

ROWS_FOR(portable, )
#if defined(__x86_64__)
ROWS_FOR(avx2, TRNSIM_TARGET_AVX2)
ROWS_FOR(avx512, TRNSIM_TARGET_AVX512)
#define DISPATCH(ISA, NAME, ...)                                                                  \
  ((ISA) == TRNSIM_ISA_AVX512   ? NAME##_avx512(__VA_ARGS__)                                      \
       : (ISA) == TRNSIM_ISA_AVX2 ? NAME##_avx2(__VA_ARGS__)                                      \
                                  : NAME##_portable(__VA_ARGS__))
#else
#define DISPATCH(ISA, NAME, ...) ((void)(ISA), NAME##_portable(__VA_ARGS__))
#endif

static void gather(
    size_t size, const char *source, ptrdiff_t stride, size_t count, void *restrict into) {
#define GATHER(TYPE)                                                                              \
  for (size_t i = 0; i < count; i++) {                                                            \
    TYPE element;                                                                                 \
    memcpy(&element, source + (ptrdiff_t)i * stride, sizeof element);                             \
    STORE(TYPE, into, i, element);                                                                \
  }
  if (size == 1) {
    GATHER(uint8_t)
  } else if (size == 2) {
    GATHER(uint16_t)
  } else {
    GATHER(uint32_t)
  }
#undef GATHER
}

static void scatter(
    size_t size, const void *restrict source, size_t count, char *into, ptrdiff_t stride) {
#define SCATTER(TYPE)                                                                             \
  for (size_t i = 0; i < count; i++) {                                                            \
    const TYPE element = LOAD(TYPE, source, i);                                                   \
    memcpy(into + (ptrdiff_t)i * stride, &element, sizeof element);                               \
  }
  if (size == 1) {
    SCATTER(uint8_t)
  } else if (size == 2) {
    SCATTER(uint16_t)
  } else {
    SCATTER(uint32_t)
  }
#undef SCATTER
}

// Runs BODY for pieces of at most CHUNK elements: `done` are behind it, `piece` are in it.
#define IN_CHUNKS(COUNT, BODY)                                                                    \
  for (size_t done = 0; done < (COUNT);) {                                                        \
    const size_t piece = (COUNT) - done < CHUNK ? (COUNT) - done : CHUNK;                         \
    BODY                                                                                          \
    done += piece;                                                                                \
  }

void trnsim_decode(
    trnsim_isa isa, uint32_t format, const void *source, ptrdiff_t stride, size_t count,
    float *into) {
  const size_t size = size_of(format);
  if (stride == (ptrdiff_t)size) {
    DISPATCH(isa, decode_row, format, source, count, into);
    return;
  }
  const char *bytes = source;
  uint32_t buffer[CHUNK];
  IN_CHUNKS(count, {
    gather(size, bytes + (ptrdiff_t)done * stride, stride, piece, buffer);
    DISPATCH(isa, decode_row, format, buffer, piece, into + done);
  })
}

void trnsim_encode(
    trnsim_isa isa, uint32_t format, const float *source, size_t count, void *into,
    ptrdiff_t stride) {
  const size_t size = size_of(format);
  if (stride == (ptrdiff_t)size) {
    DISPATCH(isa, encode_row, format, source, count, into);
    return;
  }
  char *bytes = into;
  uint32_t buffer[CHUNK];
  IN_CHUNKS(count, {
    DISPATCH(isa, encode_row, format, source + done, piece, buffer);
    scatter(size, buffer, piece, bytes + (ptrdiff_t)done * stride, stride);
  })
}

void trnsim_encode_stochastic(
    trnsim_isa isa, uint32_t format, const float *source, size_t count, void *into,
    ptrdiff_t stride, uint64_t seed, uint64_t first) {
  const size_t size = size_of(format);
  if (stride == (ptrdiff_t)size) {
    DISPATCH(isa, encode_row_stochastic, format, source, count, into, seed, first);
    return;
  }
  char *bytes = into;
  uint32_t buffer[CHUNK];
  IN_CHUNKS(count, {
    DISPATCH(
        isa, encode_row_stochastic, format, source + done, piece, buffer, seed, first + done);
    scatter(size, buffer, piece, bytes + (ptrdiff_t)done * stride, stride);
  })
}

void trnsim_decode_bits(
    uint32_t format, const void *source, ptrdiff_t stride, size_t count, uint32_t *into) {
  const char *bytes = source;
#define EXTEND(TYPE)                                                                              \
  for (size_t i = 0; i < count; i++) {                                                            \
    TYPE element;                                                                                 \
    memcpy(&element, bytes + (ptrdiff_t)i * stride, sizeof element);                              \
    into[i] = (uint32_t)element;                                                                  \
  }
  if (format == TRNSIM_INT8) {
    EXTEND(int8_t)
  } else if (format == TRNSIM_INT16) {
    EXTEND(int16_t)
  } else if (size_of(format) == 1) {
    EXTEND(uint8_t)
  } else if (size_of(format) == 2) {
    EXTEND(uint16_t)
  } else {
    EXTEND(uint32_t)
  }
#undef EXTEND
}

void trnsim_encode_bits(
    uint32_t format, const uint32_t *source, size_t count, void *into, ptrdiff_t stride) {
  char *bytes = into;
#define CUT(TYPE)                                                                                 \
  for (size_t i = 0; i < count; i++) {                                                            \
    const TYPE element = (TYPE)source[i];                                                         \
    memcpy(bytes + (ptrdiff_t)i * stride, &element, sizeof element);                              \
  }
  if (size_of(format) == 1) {
    CUT(uint8_t)
  } else if (size_of(format) == 2) {
    CUT(uint16_t)
  } else {
    CUT(uint32_t)
  }
#undef CUT
}
