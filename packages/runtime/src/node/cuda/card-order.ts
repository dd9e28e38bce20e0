/**
 * CUDA counts cards from the fastest on unless it is told to count them as they are plugged in, as `nvidia-smi` does. To be
 * called where `multiplyExactly` is.
 */
export function orderCards(): void {
  process.env.CUDA_DEVICE_ORDER ??= 'PCI_BUS_ID';
}
