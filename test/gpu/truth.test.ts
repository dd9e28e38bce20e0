// What is said of the machine: nothing may be called a GPU that is none.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../packages/training/src/testing/temporary-folder.js';
import { softwareOf } from './check-devices.js';
import { readVulkanInfo } from './checks/check-adapter.js';
import { readDrivers } from './loaded-drivers.js';
import { readNvidiaSmi, renderNodes } from './machine.js';
import type { Check } from './report.js';
import { isSoftwareDriver, vulkanChoices } from './vulkan-choices.js';

const folder = temporaryFolder();

describe('drivers', () => {
  it.each([
    ['libvk_swiftshader.so', true],
    ['/usr/lib/chromium/libvk_swiftshader.so', true],
    ['libvulkan_lvp.so', true],
    ['lvp_icd.x86_64.json', true],
    ['libGLX_nvidia.so.0', false],
    ['libvulkan_radeon.so', false],
    ['libvulkan_intel.so', false],
  ])('%s computes on the CPU: %s', (name, software) => {
    expect(isSoftwareDriver(name)).toBe(software);
  });

  it('are known by what a process has mapped', () => {
    const maps = (...paths: string[]): string =>
      paths.map((path) => `7f00-7f01 r-xp 00000000 08:01 42                         ${path}`).join('\n');
    const loader = '/usr/lib/x86_64-linux-gnu/libvulkan.so.1.3.239';
    const swiftShader = '/usr/lib/chromium/libvk_swiftshader.so';
    const nvidia = '/usr/lib/x86_64-linux-gnu/libGLX_nvidia.so.550.54.15';
    expect(readDrivers(maps(loader, swiftShader, swiftShader))).toEqual({
      libraries: ['libvk_swiftshader.so'],
      software: true,
    });
    expect(readDrivers(maps(loader, nvidia))).toEqual({
      libraries: ['libGLX_nvidia.so.550.54.15'],
      software: false,
    });
    // Either could have computed: then it is not claimed that it was the card.
    expect(readDrivers(maps(loader, nvidia, swiftShader)).software).toBe(true);
    expect(readDrivers(maps(loader, '/usr/lib/libc.so.6'))).toEqual({ libraries: [], software: null });
  });

  it('are called a GPU only when both their name and what was loaded say so', () => {
    const adapter = (figures: Check['figures']): Check => ({
      ...{ name: 'adapter', status: 'passed', reason: 'x', seconds: 1 },
      figures,
    });
    expect(softwareOf({ software: false }, adapter({ software: false }))).toBe(false);
    expect(softwareOf({ software: false }, adapter({ software: true }))).toBe(true);
    expect(softwareOf({ software: true }, adapter({ software: false }))).toBe(true);
    expect(softwareOf({ software: false }, adapter({}))).toBeNull();
    expect(softwareOf({ software: null }, adapter({}))).toBeNull();
  });

  it('are tried one by one, cards first', async () => {
    const manifest = (name: string, library: string): string => {
      const path = join(folder, name);
      writeFileSync(path, JSON.stringify({ file_format_version: '1.0.0', ICD: { library_path: library } }));
      return path;
    };
    writeFileSync(join(folder, 'junk.json'), 'junk');
    const paths = [
      manifest('soft.json', './libvk_swiftshader.so'),
      join(folder, 'junk.json'),
      manifest('card.json', 'libGLX_nvidia.so.0'),
      manifest('again.json', 'libGLX_nvidia.so.0'),
    ];
    const found = await vulkanChoices(folder, { VK_ICD_FILENAMES: paths.join(':') });
    expect(found.map(({ library, software }) => [library, software])).toEqual([
      ['libGLX_nvidia.so.0', false],
      ['libvk_swiftshader.so', true],
    ]);
    for (const { manifest, environment } of found) {
      expect(environment).toMatchObject({ VK_ICD_FILENAMES: manifest, VK_DRIVER_FILES: manifest });
    }
  });
});

describe('machines', () => {
  it('are described by what nvidia-smi says, and not by its errors', () => {
    expect(readNvidiaSmi('NVIDIA H100 80GB HBM3, 550.54.15, 81559\nTesla T4, 535.1, [N/A]\n')).toEqual([
      { name: 'NVIDIA H100 80GB HBM3', driver: '550.54.15', memoryMiB: 81559 },
      { name: 'Tesla T4', driver: '535.1', memoryMiB: null },
    ]);
    expect(readNvidiaSmi('NVIDIA-SMI has failed because it could not communicate with the driver.')).toEqual(
      [],
    );
    expect(readNvidiaSmi('No devices were found\n')).toEqual([]);
  });

  it('have the cards that the kernel offers', async () => {
    const device = join(folder, 'drm/renderD128/device');
    mkdirSync(device, { recursive: true });
    mkdirSync(join(folder, 'drm/card0'));
    writeFileSync(join(device, 'vendor'), '0x1002\n');
    writeFileSync(join(device, 'device'), '0x73bf\n');
    writeFileSync(join(device, 'uevent'), 'DRIVER=amdgpu\nPCI_CLASS=30000\n');
    expect(await renderNodes(join(folder, 'drm'))).toEqual([
      { name: 'PCI 0x1002:0x73bf (renderD128)', driver: 'amdgpu', memoryMiB: null },
    ]);
    expect(await renderNodes(join(folder, 'nothing'))).toEqual([]);
  });

  it('have a card with a name, where vulkaninfo is there', () => {
    const text =
      'GPU0:\n\tapiVersion = 1.3.0\n\tdeviceType = PHYSICAL_DEVICE_TYPE_CPU\n\tdeviceName = llvmpipe\n';
    expect(readVulkanInfo(text)).toEqual({ deviceType: 'PHYSICAL_DEVICE_TYPE_CPU', deviceName: 'llvmpipe' });
    expect(readVulkanInfo('')).toEqual({});
  });
});
