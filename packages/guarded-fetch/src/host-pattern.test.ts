import { describe, expect, it } from 'vitest';
import { hostPattern } from './host-pattern.js';

const matches = (pattern: string, url: string) => hostPattern(pattern)(new URL(url));

describe('hostPattern', () => {
  it.each([
    ['images.example.com', 'https://images.example.com/a', true],
    ['images.example.com', 'http://IMAGES.example.com./a', true],
    ['images.example.com', 'http://images.example.com:8080/', false],
    ['images.example.com', 'http://images.example.com.evil.test/', false],
    ['images.example.com', 'http://evil-images.example.com/', false],
    ['images.example.com:8080', 'http://images.example.com:8080/', true],
    ['images.example.com:443', 'https://images.example.com/', true],
    ['images.example.com:443', 'http://images.example.com/', false],
    ['images.example.com:*', 'http://images.example.com:1234/', true],
    ['*.example.com', 'https://a.b.example.com/', true],
    ['*.example.com', 'https://example.com/', false],
    ['*.example.com', 'https://badexample.com/', false],
    ['*.0.0.1', 'http://127.0.0.1/', false],
    ['127.0.0.1:*', 'http://0x7f.1:99/', true],
    ['[::1]:80', 'http://[0::1]/', true],
    ['bücher.example', 'https://xn--bcher-kva.example/', true],
    ['*', 'http://anything.test:1234/', true],
  ])('%s and %s: %s', (pattern, url, expected) => {
    expect(matches(pattern, url)).toBe(expected);
  });

  it.each([
    '',
    '**',
    'a.*.com',
    '*example.com',
    'http://a.com',
    'a.com/path',
    'u@a.com',
    'a.com:99999',
    'a b',
  ])('refuses the pattern %j', (pattern) => {
    expect(() => hostPattern(pattern)).toThrow(/not a host pattern/);
  });
});
