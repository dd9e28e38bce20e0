// Requests for predictions, and what their answers hold.
import { type PredictResponse, type Problem, predictResponseSchema } from '@cflow/spec';
import { expect } from 'vitest';

/** Where the detector of the tests predicts. */
export const WOOD = '/v1/detectors/wood/predict';

/** A request with an image as it is. */
export const image = (
  body: NonNullable<RequestInit['body']>,
  headers: Record<string, string> = {},
): RequestInit => ({
  method: 'POST',
  body,
  headers: { 'content-type': 'image/png', ...headers },
});

/** The predictions of an answer, which has to be one of the service. */
export async function predictions(response: Response): Promise<PredictResponse['predictions']> {
  const body = await response.json();
  expect(response.status, JSON.stringify(body)).toBe(200);
  return predictResponseSchema.parse(body).predictions;
}

/** The problem of an answer, which has to be one. */
export async function refused(response: Response, status: number, code: Problem['code']): Promise<Problem> {
  const body = (await response.json()) as Problem;
  expect([response.status, body.code], body.detail).toEqual([status, code]);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  expect(body).toMatchObject({
    type: `urn:cflow:problem:${code}`,
    requestId: response.headers.get('x-request-id'),
  });
  return body;
}
