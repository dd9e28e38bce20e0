import * as z from 'zod';
import { text } from '../bounds.js';

/** A detector's name in a registry: part of addresses and keys, so plain, and the same on every file system. */
export const detectorNameSchema = text(64)
  .regex(
    /^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$/,
    'expected 1 to 64 of a-z, 0-9, ".", "_" and "-", with a letter or digit first and last',
  )
  .refine((name) => !name.includes('..'), 'expected no ".." in a name')
  .meta({ description: 'Name of a detector', example: 'wood' });

/** A version is the SHA-256 of the bundle's manifest, which holds the SHA-256 of every other file. */
export const versionSchema = text(64)
  .regex(/^[0-9a-f]{64}$/, 'expected 64 hexadecimal digits')
  .meta({
    description: "Immutable version of a detector: the SHA-256 of its bundle's manifest",
    example: '5f0c1f3c0a1f4ce1b1a2f3fb3a1e7a9a5f0c1f3c0a1f4ce1b1a2f3fb3a1e7a9a',
  });

/** A name that points to a version and can be moved to another. */
export const aliasSchema = text(32)
  .regex(
    /^[a-z](?:[a-z0-9._-]{0,30}[a-z0-9])?$/,
    'expected 1 to 32 of a-z, 0-9, ".", "_" and "-", with a letter first and a letter or digit last',
  )
  // Any run of hexadecimal digits that could be the beginning of a version would be ambiguous.
  .refine(
    (alias) => !/^[0-9a-f]{8,}$/.test(alias),
    'expected something that cannot be mistaken for a version',
  )
  .refine((alias) => !alias.includes('..'), 'expected no ".." in an alias')
  .meta({ description: 'Movable name of a version', example: 'production' });

/** The alias that a new version gets when none is named, and that a detector without reference means. */
export const DEFAULT_ALIAS = 'latest';

/** What follows the "@": an alias, a version, or the first 8 digits of one or more. */
export const referenceSchema = z
  .union([aliasSchema, text(64).regex(/^[0-9a-f]{8,64}$/)], {
    error: 'expected an alias, a version, or at least the first 8 digits of a version',
  })
  .meta({ description: 'An alias, a version, or its first 8 digits or more', example: 'production' });

/** `name` or `name@reference`. */
export const detectorReferenceSchema = text(130)
  .refine(
    (reference) => parts(reference) !== undefined,
    'expected name or name@reference, where a reference is an alias or a version',
  )
  .meta({
    description: 'A detector, and which version of it: name or name@reference',
    example: 'wood@production',
  });

function parts(text: string): { name: string; reference: string } | undefined {
  const at = text.indexOf('@');
  const name = detectorNameSchema.safeParse(at < 0 ? text : text.slice(0, at));
  const reference = referenceSchema.safeParse(at < 0 ? DEFAULT_ALIAS : text.slice(at + 1));
  return name.success && reference.success ? { name: name.data, reference: reference.data } : undefined;
}

/** Takes `name@reference` apart; `latest` where there is no reference. Undefined when it is neither. */
export function parseDetectorReference(text: string): { name: string; reference: string } | undefined {
  return parts(text);
}
