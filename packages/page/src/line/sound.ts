let context: AudioContext | undefined;

/** Two short tones, which a browser plays once somebody has pressed a button of the page. */
export function sound(): void {
  context ??= new AudioContext();
  const at = context.currentTime;
  for (const [begin, frequency] of [
    [0, 880],
    [0.18, 660],
  ] as const) {
    const tone = context.createOscillator();
    const volume = context.createGain();
    tone.frequency.value = frequency;
    volume.gain.setValueAtTime(0.2, at + begin);
    volume.gain.exponentialRampToValueAtTime(0.001, at + begin + 0.16);
    tone.connect(volume).connect(context.destination);
    tone.start(at + begin);
    tone.stop(at + begin + 0.17);
  }
}
