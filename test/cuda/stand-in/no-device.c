/* libcuda.so.1 of a machine without a card: all that is asked of the driver is answered with "no device" (100). What is
   loaded with it and gets this far has found all that it needs. */
#include <string.h>

enum { NO_DEVICE = 100, NOT_FOUND = 500 };

int cuInit(unsigned flags) { return NO_DEVICE; }
int cuDriverGetVersion(int *version) { *version = 13000; return 0; }
int cuDeviceGetCount(int *count) { *count = 0; return NO_DEVICE; }
int cuTensorMapEncodeTiled(void) { return NO_DEVICE; }
int cuGetErrorString(int error, const char **text) { *text = "no device"; return 0; }
int cuGetErrorName(int error, const char **text) { *text = "CUDA_ERROR_NO_DEVICE"; return 0; }

/* The runtime asks for the driver's functions by name. */
static int no_device(void) { return NO_DEVICE; }
int cuGetProcAddress_v2(const char *name, void **function, int version, unsigned long long flags, int *status) {
  if (status) *status = 0;
  if (!strcmp(name, "cuDriverGetVersion")) *function = (void *)cuDriverGetVersion;
  else if (!strcmp(name, "cuDeviceGetCount")) *function = (void *)cuDeviceGetCount;
  else if (!strcmp(name, "cuGetProcAddress")) *function = (void *)cuGetProcAddress_v2;
  else if (!strcmp(name, "cuInit")) *function = (void *)cuInit;
  else *function = (void *)no_device;
  return 0;
}
int cuGetProcAddress(const char *name, void **function, int version, unsigned long long flags) {
  return cuGetProcAddress_v2(name, function, version, flags, 0);
}
