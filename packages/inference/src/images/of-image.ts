import { CflowError, ConfigurationError, ImageError } from '@cflow/spec';

/** The result of work on an image. Its errors say which image of the request it was, where they are about the image. */
export async function ofImage<T>(index: number, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw withPlace(error, index);
  }
}

function withPlace(error: unknown, image: number): unknown {
  if (!CflowError.isInstance(error)) return error;
  const options = { details: { ...error.details, image }, cause: error, retryable: error.retryable };
  const message = `image ${image}: ${error.message}`;
  if (error.code === 'image') return new ImageError(message, options);
  if (error.code === 'configuration') return new ConfigurationError(message, options);
  return error;
}
