// Engines throw plain errors in their own words; here they become errors that say whose fault it is.
import { BundleError, CflowError, type Device, type DeviceAttempt, DeviceError } from '@cflow/spec';
import { type DeviceFault, deviceFault } from './device-fault.js';

/** The model is at fault, on whichever device: another device would not help. */
const MODEL_FAULTS: readonly RegExp[] = [
  /protobuf parsing failed/i,
  /invalid model/i,
  /No Op registered/i,
  /External data path/i,
  /external (data )?(file|initializer)/i,
  /in-memory address marker/,
  /doesn't exist|ENOENT|EISDIR|ENOTDIR/,
  /Unsupported model IR version/i,
  /opset \d+ is under development/i,
];

/** What a model that could not be loaded means. */
export function loadError(device: Device, cause: unknown): CflowError {
  if (CflowError.isInstance(cause)) return cause;
  const reason = messageOf(cause);
  const fault = deviceFault(cause);
  if (fault) return faultError(device, fault, cause);
  if (MODEL_FAULTS.some((fault) => fault.test(reason))) {
    return new BundleError(`the model cannot be loaded: ${reason}`, { cause, details: { device, reason } });
  }
  if (/fallback to CPU EP has been explicitly disabled/.test(reason)) {
    return new DeviceError(
      'the model does not run wholly on the device, which strictDevice asks for',
      [
        {
          device,
          reason: 'some operators of the model have no kernel for this device and would run on the CPU',
        },
      ],
      { cause },
    );
  }
  return new DeviceError('the model cannot be loaded on this device', [attempt(device, cause)], { cause });
}

/** What a run that failed inside the engine means. */
export function runError(device: Device, cause: unknown): CflowError {
  if (CflowError.isInstance(cause)) return cause;
  const fault = deviceFault(cause);
  if (fault) return faultError(device, fault, cause);
  return new DeviceError('the model failed while it ran', [attempt(device, cause)], { cause });
}

/** The reason as anybody may see it; the engine's own words are in the error's cause. */
function attempt(device: Device, cause: unknown): DeviceAttempt {
  return { device, reason: withoutNumbers(messageOf(cause)) };
}

/**
 * Engines quote what they stumbled over: an index, a shape, an address. Those can come out of a model's weights, and reasons
 * reach the caller. Numbers that are part of a name stay.
 */
function withoutNumbers(text: string): string {
  return text.replace(/(?<![\w.])[-+]?(?:0x[\da-f]+|\d+(?:\.\d+)*(?:e[-+]?\d+)?)(?!\w)/gi, '…');
}

function faultError(device: Device, fault: DeviceFault, cause: unknown): DeviceError {
  const message =
    fault === 'lost'
      ? 'the device is lost to this process; another process may have it'
      : 'the memory of the device does not suffice; less at once may fit';
  return new DeviceError(message, [attempt(device, cause)], { cause, retryable: true, details: { fault } });
}

/** One line, without the engine's source paths and failed conditions, which tell a user nothing. */
export function messageOf(error: unknown): string {
  const whole = error instanceof Error ? error.message : String(error);
  const text = whole.replace(/\s+/g, ' ');
  return (text.split(/ ; GPU=\d+ ; hostname=/, 1)[0] as string)
    .replace(/^Can't create a session\. ERROR_CODE: \d+, ERROR_MESSAGE: /, '')
    .replace(/^.* was false\. /, '')
    .replace(/(?<![\w/.+-])[\w/.+-]+\.(cc|cpp|cu|h):\d+ (\w+ )?/g, '')
    .trim();
}
