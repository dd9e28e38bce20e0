/** What cuBLAS and cuDNN read when they are set up. 0: products are those of float32, whatever a program asks for. */
const TF32 = 'NVIDIA_TF32_OVERRIDE';

/**
 * NVIDIA's cards from the A100 on round what goes into products to 11 bits (TF32) unless they are told not to, which the
 * binding has no option for. Scores then differ between cards, and from the CPU.
 *
 * To be called before anything loads a CUDA library; where a worker thread is to load it, in the thread that starts the
 * worker: see `silenceTelemetry`.
 */
export function multiplyExactly(): void {
  process.env[TF32] = '0';
}

/** Whether products are exact as far as this thread can tell. */
export function multipliesExactly(): boolean {
  return process.env[TF32] === '0';
}
