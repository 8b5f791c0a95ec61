// Runs a graph with onnxruntime-web as the page does: wasm, one thread, in a worker.
import * as ort from "./ort/ort.wasm.min.mjs";

ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmPaths = new URL("./ort/", import.meta.url).href;
const sessions = new Map();
const arrays = { float32: Float32Array, uint8: Uint8Array };

async function tensor({ url, type, dims }) {
  const bytes = await (await fetch(url)).arrayBuffer();
  return new ort.Tensor(type, new arrays[type](bytes), dims);
}

async function run({ model, inputs, repeat }) {
  if (!sessions.has(model)) {
    const options = { executionProviders: ["wasm"], graphOptimizationLevel: "all" };
    sessions.set(model, await ort.InferenceSession.create(model, options));
  }
  const session = sessions.get(model);
  const feeds = {};
  for (const [name, input] of Object.entries(inputs)) feeds[name] = await tensor(input);
  let outputs;
  const took = [];
  for (let i = 0; i < repeat; i++) {
    const start = performance.now();
    outputs = await session.run(feeds);
    took.push(performance.now() - start);
  }
  const values = Object.entries(outputs).map(([name, t]) => [name, { dims: t.dims, data: Array.from(t.data) }]);
  return { ...Object.fromEntries(values), took_ms: { dims: [repeat], data: took } };
}

onmessage = async ({ data }) => {
  try {
    postMessage({ id: data.id, outputs: await run(data) });
  } catch (error) {
    postMessage({ id: data.id, error: String(error) });
  }
};
