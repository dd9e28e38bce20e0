import { CflowError } from '@cflow/sdk';
import { drawHeatMap } from '@cflow/sdk/drawing';
import { type LocalDetector, loadDetector, type Prediction } from '@cflow/sdk/local';
import { type ChangeEvent, type ReactElement, useEffect, useRef, useState } from 'react';

export interface InspectorProps {
  /** A folder with the bundle's files, or a detector of a service. */
  bundle: string;
}

/** Lets the user choose an image and shows what a detector, loaded into the page, says of it. */
export function Inspector({ bundle }: InspectorProps): ReactElement {
  const { detector, status } = useDetector(bundle);
  const [told, setTold] = useState('');
  const [prediction, setPrediction] = useState<Prediction>();

  async function choose({ target }: ChangeEvent<HTMLInputElement>): Promise<void> {
    const file = target.files?.[0];
    if (!file || !detector) return;
    setTold('scoring…');
    try {
      const found = await detector.predict(file, { map: true });
      setPrediction(found);
      setTold(`${found.label}: ${found.score.toFixed(3)} on ${found.detector.device}`);
    } catch (error) {
      setTold(messageOf(error));
    }
  }

  return (
    <section>
      <label>
        Image <input type="file" accept="image/*" disabled={!detector} onChange={choose} />
      </label>
      <p role="status">{told || status}</p>
      {prediction && <HeatMap prediction={prediction} />}
    </section>
  );
}

function HeatMap({ prediction: { map } }: { prediction: Prediction }): ReactElement {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (context && map) drawHeatMap(context, map);
  }, [map]);
  return <canvas ref={canvas} width={map?.width} height={map?.height} aria-label="Where it is unusual" />;
}

/** A detector for as long as the component is there: loading stops, and memory goes, with it. */
function useDetector(bundle: string): { detector: LocalDetector | undefined; status: string } {
  const [detector, setDetector] = useState<LocalDetector>();
  const [status, setStatus] = useState('loading…');
  useEffect(() => {
    const gone = new AbortController();
    const loading = loadDetector(bundle, {
      signal: gone.signal,
      onProgress: ({ stage, done, total }) => setStatus(`${stage} ${Math.round((100 * done) / total)} %`),
    });
    loading.then(
      (loaded) => {
        if (gone.signal.aborted) return;
        setDetector(loaded);
        setStatus(`${loaded.name} is ready on ${loaded.device}`);
      },
      (error: unknown) => {
        if (!gone.signal.aborted) setStatus(messageOf(error));
      },
    );
    return () => {
      gone.abort();
      setDetector(undefined);
      loading.then(
        (loaded) => loaded.dispose(),
        () => undefined,
      );
    };
  }, [bundle]);
  return { detector, status };
}

function messageOf(error: unknown): string {
  if (CflowError.isInstance(error)) return error.message;
  throw error;
}
