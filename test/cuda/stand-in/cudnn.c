/* cuDNN beside a card that computes nothing: plans everything and counts what is run. Laid out as libcudnn.so.9 in the real
   one's place. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Of cuda-runtime.c, which is preloaded. */
void stand_in_convolved(void) __attribute__((weak));
void stand_in_handle_made(void) __attribute__((weak));

static int something;
#define MAKES(name) int name(void **made) { *made = &something; return 0; }
#define DOES(name) int name() { return 0; }
#define COMPUTES(name) int name() { if (stand_in_convolved) stand_in_convolved(); return 0; }

size_t cudnnGetVersion(void) { return 92000; }
size_t cudnnGetCudartVersion(void) { return 13000; }
const char *cudnnGetErrorString(int status) { return status ? "CUDNN_STATUS" : "CUDNN_STATUS_SUCCESS"; }
void cudnnGetLastErrorString(char *text, size_t size) { if (size) *text = 0; }
int cudnnCreate(void **made) { if (stand_in_handle_made) stand_in_handle_made(); *made = &something; return 0; }
DOES(cudnnDestroy) DOES(cudnnSetStream)
int cudnnGetStream(void *handle, void **stream) { *stream = 0; return 0; }

/* The graph interface: descriptors that hold nothing; of engines, configurations and plans there is one of each. */
enum { BOOLEAN = 2, INT64 = 3, KNOB = 9, DESCRIPTOR = 15, INT32 = 23 };
int cudnnBackendCreateDescriptor(int type, void **made) { *made = malloc(64); return 0; }
int cudnnBackendDestroyDescriptor(void *descriptor) { free(descriptor); return 0; }
DOES(cudnnBackendInitialize) DOES(cudnnBackendFinalize) DOES(cudnnBackendSetAttribute)
int cudnnBackendGetAttribute(void *descriptor, int name, int type, int64_t most, int64_t *count, void *values) {
  int size = type == INT64 ? 8 : type == INT32 || type == KNOB ? 4 : type == BOOLEAN ? 1 : 0;
  if (count) *count = size > 0 || type == DESCRIPTOR;
  if (values && most > 0) memset(values, 0, size);
  return 0;
}
COMPUTES(cudnnBackendExecute)

/* The older one. */
MAKES(cudnnCreateActivationDescriptor) MAKES(cudnnCreateConvolutionDescriptor) MAKES(cudnnCreateDropoutDescriptor)
MAKES(cudnnCreateFilterDescriptor) MAKES(cudnnCreateLRNDescriptor) MAKES(cudnnCreatePoolingDescriptor)
MAKES(cudnnCreateReduceTensorDescriptor) MAKES(cudnnCreateTensorDescriptor) MAKES(cudnnCreateRNNDescriptor) MAKES(cudnnCreateRNNDataDescriptor)
DOES(cudnnDestroyActivationDescriptor) DOES(cudnnDestroyConvolutionDescriptor) DOES(cudnnDestroyDropoutDescriptor)
DOES(cudnnDestroyFilterDescriptor) DOES(cudnnDestroyLRNDescriptor) DOES(cudnnDestroyPoolingDescriptor)
DOES(cudnnDestroyReduceTensorDescriptor) DOES(cudnnDestroyTensorDescriptor) DOES(cudnnDestroyRNNDescriptor) DOES(cudnnDestroyRNNDataDescriptor)
DOES(cudnnDeriveBNTensorDescriptor) DOES(cudnnSetActivationDescriptor) DOES(cudnnSetConvolutionGroupCount)
DOES(cudnnSetConvolutionMathType) DOES(cudnnSetConvolutionNdDescriptor) DOES(cudnnSetDropoutDescriptor)
DOES(cudnnSetFilterNdDescriptor) DOES(cudnnSetLRNDescriptor) DOES(cudnnSetPoolingNdDescriptor)
DOES(cudnnSetReduceTensorDescriptor) DOES(cudnnSetTensorNdDescriptor) DOES(cudnnSetTensor4dDescriptor) DOES(cudnnGetTensorNdDescriptor)
int cudnnGetConvolutionForwardWorkspaceSize(void *a, void *b, void *c, void *d, void *e, int f, size_t *size) { *size = 0; return 0; }
int cudnnGetReductionWorkspaceSize(void *a, void *b, void *c, void *d, size_t *size) { *size = 0; return 0; }
int cudnnGetReductionIndicesSize(void *a, void *b, void *c, void *d, size_t *size) { *size = 0; return 0; }
COMPUTES(cudnnActivationForward) COMPUTES(cudnnAddTensor) COMPUTES(cudnnBatchNormalizationForwardInference)
COMPUTES(cudnnConvolutionBiasActivationForward) COMPUTES(cudnnConvolutionForward) COMPUTES(cudnnLRNCrossChannelForward)
COMPUTES(cudnnPoolingForward) COMPUTES(cudnnReduceTensor) COMPUTES(cudnnSoftmaxForward)
