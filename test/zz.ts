import * as ort from 'onnxruntime-node';
import { writeModel, op, type Graph } from '@cflow/onnx';
import { trainingGraph, likelihoodGraph, type DecoderShape, headGraph, permutationShapes, trainableShapes, decoderTensorName, initialParameters } from '@cflow/model';
const which = process.argv[2]; const soft = process.argv[3]==='soft'; const guard = process.argv[4]!=='noguard';
const shape: DecoderShape = { kind: process.argv[5]==='nocond'?'realnvp' as any:'freia-cflow', channels: 16, conditionVector: process.argv[5]==='nocond'?0:32, couplingBlocks: 2, clampAlpha: 1.9, permuteSoft: soft };
let graph: Graph;
if (which==='training') graph = trainingGraph(shape, {height:4,width:4,fiberBatchSize:8, ...(process.env.UNROLL && {unrolledSteps:Number(process.env.UNROLL)})});
else if (which==='likelihood') graph = likelihoodGraph(shape);
else {
  const p = initialParameters(shape, 0, 'l'); const m = new Map([...p].map(([k,v])=>[decoderTensorName('l',k),v]));
  graph = headGraph({layers:[{name:'l',decoder:shape,height:4,width:4}], imageSize:[16,16], normalization:{kind:'fixed',maxLogLikelihood:[0],maxLikelihood:1}, parameters:m});
}
ort.env.logLevel='verbose';
try {
const s = await ort.InferenceSession.create(writeModel(graph), {executionProviders:['webgpu'], logSeverityLevel:0, logVerbosityLevel:1, extra:{session:{...(guard&&{disable_cpu_ep_fallback:'1'})}}} as any);
console.log('OK', which, soft);
} catch(e) { console.log('FAIL', which, soft, (e as Error).message.slice(0,400)); }
