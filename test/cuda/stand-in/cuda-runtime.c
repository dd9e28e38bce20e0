/* A card that computes nothing: preloaded, it takes the place of the CUDA runtime, cuBLAS and cuDNN under ONNX Runtime's real
   CUDA provider, and counts what is asked of it. It shows what is loaded, where nodes are placed, what is copied and waited
   for, and what becomes of errors; never numbers, and never speed. Memory of the card is memory of the process.

   CUDA_STAND_IN_COUNTS    a file of 64-bit counters, see counters.ts; it is mapped, so that it can be read at any time
   CUDA_STAND_IN_MEMORY    bytes of the card (default 80 GB); what goes beyond is refused with error 2
   CUDA_STAND_IN_FAIL      while a file of this name exists, every wait for the card fails with error 700 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum Counter {
  LAUNCHES, PRODUCTS, CONVOLUTIONS, WAITS,
  TO_DEVICE, TO_DEVICE_BYTES, TO_HOST, TO_HOST_BYTES, ON_DEVICE, ON_DEVICE_BYTES, ON_HOST, ON_HOST_BYTES,
  ALLOCATIONS, ALLOCATED_BYTES, PEAK_BYTES, REFUSED_ALLOCATIONS,
  /* Handles of cuBLAS and cuDNN that were made while NVIDIA_TF32_OVERRIDE was 0, and while it was not. */
  EXACT_HANDLES, INEXACT_HANDLES,
  DEVICE, COUNTERS = 64
};
static uint64_t none[COUNTERS];
static uint64_t *counters = none;
static uint64_t memory = 80ull << 30;
static int device, devices = 1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void begin(void) {
  const char *file = getenv("CUDA_STAND_IN_COUNTS"), *bytes = getenv("CUDA_STAND_IN_MEMORY");
  const char *cards = getenv("CUDA_STAND_IN_DEVICES");
  if (bytes) memory = strtoull(bytes, 0, 10);
  if (cards) devices = atoi(cards);
  if (!file) return;
  int descriptor = open(file, O_RDWR | O_CREAT, 0644);
  if (descriptor < 0 || ftruncate(descriptor, sizeof none)) return;
  void *mapped = mmap(0, sizeof none, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  if (mapped != MAP_FAILED) counters = mapped;
  close(descriptor);
}
static void add(enum Counter counter, uint64_t amount) { __atomic_fetch_add(&counters[counter], amount, __ATOMIC_RELAXED); }
static int failing(void) {
  const char *file = getenv("CUDA_STAND_IN_FAIL");
  return file && access(file, F_OK) == 0 ? 700 : 0;
}
static void handle_made(void) {
  const char *tf32 = getenv("NVIDIA_TF32_OVERRIDE");
  add(tf32 && !strcmp(tf32, "0") ? EXACT_HANDLES : INEXACT_HANDLES, 1);
}

/* For the stand-in of cuDNN. */
void stand_in_convolved(void) { add(CONVOLUTIONS, 1); }
void stand_in_handle_made(void) { handle_made(); }

/* --- the driver's files, by which a program sees that there is one --- */
static int is_driver(const char *path) { return path && !strcmp(path, "/dev/nvidiactl"); }
int access(const char *path, int mode) {
  if (is_driver(path)) return 0;
  return ((int (*)(const char *, int))dlsym(RTLD_NEXT, "access"))(path, mode);
}
int stat(const char *path, struct stat *found) {
  if (is_driver(path)) path = "/dev/null";
  return ((int (*)(const char *, struct stat *))dlsym(RTLD_NEXT, "stat"))(path, found);
}

/* --- devices --- */
int cudaGetDeviceCount(int *count) { *count = devices; return 0; }
int cudaSetDevice(int wanted) { if (wanted < 0 || wanted >= devices) return 101; device = wanted; counters[DEVICE] = wanted; return 0; }
int cudaGetDevice(int *found) { *found = device; return 0; }
int cudaDriverGetVersion(int *version) { *version = 13000; return 0; }
int cudaRuntimeGetVersion(int *version) { *version = 13000; return 0; }
/* As in driver_types.h of CUDA 13.0: an H100. */
int cudaGetDeviceProperties(char *p, int which) {
  memset(p, 0, 1008);
  strcpy(p, "a card that computes nothing");
  *(size_t *)(p + 288) = memory;
  *(size_t *)(p + 296) = 49152;
  *(int *)(p + 304) = 65536;
  *(int *)(p + 308) = 32;
  int sizes[] = {1024, 1024, 1024, 64, 2147483647, 65535, 65535};
  memcpy(p + 320, sizes, sizeof sizes);
  *(size_t *)(p + 352) = 65536;
  *(int *)(p + 360) = 9;
  *(int *)(p + 364) = 0;
  *(int *)(p + 384) = 132;
  return 0;
}
int cudaDeviceGetAttribute(int *value, int attribute, int which) {
  switch (attribute) {
    case 1: *value = 1024; break;
    case 8: *value = 49152; break;
    case 10: *value = 32; break;
    case 16: *value = 132; break;
    case 39: *value = 2048; break;
    case 75: *value = 9; break;
    case 76: *value = 0; break;
    case 97: *value = 232448; break;
    default: *value = 1;
  }
  return 0;
}

/* --- memory --- */
typedef struct { char *start; size_t size; } Block;
static Block blocks[65536];
static int count_blocks;
static int on_device(const void *p) {
  int found = 0;
  pthread_mutex_lock(&lock);
  for (int i = 0; i < count_blocks && !found; i++)
    found = blocks[i].start && (char *)p >= blocks[i].start && (char *)p < blocks[i].start + blocks[i].size;
  pthread_mutex_unlock(&lock);
  return found;
}
int cudaMemGetInfo(size_t *available, size_t *total) { *total = memory; *available = memory - counters[ALLOCATED_BYTES]; return 0; }
int cudaMalloc(void **p, size_t size) {
  if (counters[ALLOCATED_BYTES] + size > memory) { add(REFUSED_ALLOCATIONS, 1); *p = 0; return 2; }
  if (posix_memalign(p, 256, size ? size : 1)) return 2;
  memset(*p, 0, size);
  pthread_mutex_lock(&lock);
  int i = 0;
  while (i < count_blocks && blocks[i].start) i++;
  if (i == count_blocks && count_blocks < 65536) count_blocks++;
  blocks[i].start = *p;
  blocks[i].size = size;
  pthread_mutex_unlock(&lock);
  add(ALLOCATIONS, 1);
  add(ALLOCATED_BYTES, size);
  if (counters[ALLOCATED_BYTES] > counters[PEAK_BYTES]) counters[PEAK_BYTES] = counters[ALLOCATED_BYTES];
  return 0;
}
int cudaFree(void *p) {
  if (!p) return 0;
  pthread_mutex_lock(&lock);
  for (int i = 0; i < count_blocks; i++)
    if (blocks[i].start == p) { add(ALLOCATED_BYTES, -(uint64_t)blocks[i].size); blocks[i].start = 0; }
  pthread_mutex_unlock(&lock);
  free(p);
  return 0;
}
int cudaMallocHost(void **p, size_t size) { *p = calloc(1, size ? size : 1); return *p ? 0 : 2; }
int cudaHostAlloc(void **p, size_t size, unsigned flags) { return cudaMallocHost(p, size); }
int cudaFreeHost(void *p) { free(p); return 0; }
int cudaMallocFromPoolAsync(void **p, size_t size, void *pool, void *stream) { return cudaMalloc(p, size); }
int cudaFreeAsync(void *p, void *stream) { return cudaFree(p); }
int cudaPointerGetAttributes(int *attributes, const void *p) { memset(attributes, 0, 32); attributes[0] = on_device(p) ? 2 : 0; return 0; }

/* The kind is 0 to 3: host or device to host or device; 4: find out. By where memory is, whatever the kind says. */
static void copy(void *to, const void *from, size_t size) {
  enum Counter counter = on_device(from) ? (on_device(to) ? ON_DEVICE : TO_HOST) : on_device(to) ? TO_DEVICE : ON_HOST;
  add(counter, 1);
  add(counter + 1, size);
  memmove(to, from, size);
}
int cudaMemcpyAsync(void *to, const void *from, size_t size, int kind, void *stream) { copy(to, from, size); return 0; }
int cudaMemcpy(void *to, const void *from, size_t size, int kind) { add(WAITS, 1); copy(to, from, size); return failing(); }
int cudaMemcpy2DAsync(char *to, size_t to_pitch, const char *from, size_t from_pitch, size_t width, size_t height, int kind, void *stream) {
  for (size_t row = 0; row < height; row++) memmove(to + row * to_pitch, from + row * from_pitch, width);
  enum Counter counter = on_device(from) ? (on_device(to) ? ON_DEVICE : TO_HOST) : on_device(to) ? TO_DEVICE : ON_HOST;
  add(counter, 1);
  add(counter + 1, width * height);
  return 0;
}
int cudaMemcpyFromSymbol(void *to, const void *symbol, size_t size, size_t offset, int kind) { memset(to, 0, size); return 0; }
int cudaMemset(void *to, int value, size_t size) { memset(to, value, size); return 0; }
int cudaMemsetAsync(void *to, int value, size_t size, void *stream) { memset(to, value, size); return 0; }

/* --- streams, events, launches --- */
static int something;
#define MAKES(name, ...) int name(void **made, ##__VA_ARGS__) { *made = &something; return 0; }
#define DOES(name) int name() { return 0; }
MAKES(cudaStreamCreate) MAKES(cudaStreamCreateWithFlags, unsigned flags) MAKES(cudaEventCreate) MAKES(cudaEventCreateWithFlags, unsigned flags)
DOES(cudaStreamDestroy) DOES(cudaStreamWaitEvent) DOES(cudaEventDestroy) DOES(cudaEventRecord) DOES(cudaGetLastError) DOES(cudaPeekAtLastError)
DOES(cudaFuncSetAttribute) DOES(cudaKernelSetAttributeForDevice)
int cudaEventElapsedTime(float *milliseconds) { *milliseconds = 1; return 0; }
int cudaStreamIsCapturing(void *stream, int *status) { *status = 0; return 0; }
int cudaStreamSynchronize(void *stream) { add(WAITS, 1); return failing(); }
int cudaDeviceSynchronize(void) { add(WAITS, 1); return failing(); }
int cudaEventSynchronize(void *event) { add(WAITS, 1); return failing(); }
int cudaFuncGetAttributes(void *attributes, const void *function) { memset(attributes, 0, 64); return 0; }
int cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int *blocks) { *blocks = 1; return 0; }
int cudaLaunchHostFunc(void *stream, void (*function)(void *), void *data) { function(data); return 0; }
#define LAUNCHES_KERNEL(name) int name() { add(LAUNCHES, 1); return 0; }
LAUNCHES_KERNEL(cudaLaunchKernel) LAUNCHES_KERNEL(cudaLaunchKernelExC) LAUNCHES_KERNEL(cudaLaunchCooperativeKernel)
LAUNCHES_KERNEL(__cudaLaunchKernel) LAUNCHES_KERNEL(__cudaLaunchKernel_ptsz)
int cudaGetKernel(void **kernel, const void *function) { *kernel = &something; return 0; }
int __cudaGetKernel(void **kernel, const void *function) { *kernel = &something; return 0; }
const char *cudaGetErrorString(int error) { return error == 2 ? "out of memory" : error == 700 ? "an illegal memory access was encountered" : error ? "an error" : "no error"; }
const char *cudaGetErrorName(int error) { return error ? "cudaError" : "cudaSuccess"; }

/* --- cuBLAS --- */
int cublasCreate_v2(void **made) { handle_made(); *made = &something; return 0; }
MAKES(cublasLtCreate)
DOES(cublasDestroy_v2) DOES(cublasSetStream_v2) DOES(cublasSetMathMode) DOES(cublasLtDestroy) DOES(cublasLtMatmulDescDestroy)
DOES(cublasLtMatmulDescCreate) DOES(cublasLtMatmulDescSetAttribute) DOES(cublasLtMatrixLayoutCreate) DOES(cublasLtMatrixLayoutDestroy)
DOES(cublasLtMatrixLayoutSetAttribute) DOES(cublasLtMatmulPreferenceCreate) DOES(cublasLtMatmulPreferenceSetAttribute)
DOES(cublasLtMatmulPreferenceDestroy)
int cublasGetMathMode(void *handle, int *mode) { *mode = 0; return 0; }
int cublasLtMatmulAlgoGetHeuristic(void *a, void *b, void *c, void *d, void *e, void *f, void *g, int most, void *results, int *found) {
  memset(results, 0, 64 + 16 + 8);
  *found = 1;
  return 0;
}
#define MULTIPLIES(name) int name() { add(PRODUCTS, 1); return 0; }
MULTIPLIES(cublasSgemm_v2) MULTIPLIES(cublasGemmEx) MULTIPLIES(cublasGemmStridedBatchedEx) MULTIPLIES(cublasSgemmStridedBatched)
MULTIPLIES(cublasSgemmBatched) MULTIPLIES(cublasGemmBatchedEx) MULTIPLIES(cublasLtMatmul)
LAUNCHES_KERNEL(cublasScopy_v2) LAUNCHES_KERNEL(cublasSgeam) LAUNCHES_KERNEL(cublasSscal_v2)
