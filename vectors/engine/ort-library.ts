import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import koffi from 'koffi'
import { InfraError } from '../errors.ts'

/**
 * The C interface of the libonnxruntime inside the onnxruntime-node package, called through koffi: it has the IoBinding
 * that the package's own JavaScript binding does not expose (no copies of outputs, no blocked event loop).
 * OrtApi is a table of function pointers whose order never changes (append-only ABI, onnxruntime_c_api.h).
 */
export type Pointer = unknown

export interface OrtLibrary {
  readonly version: string
  createSession(path: string, options: { threads: number }): Pointer
  releaseSession(session: Pointer): void
  createBinding(session: Pointer): { readonly binding: Pointer; readonly runOptions: Pointer }
  releaseBinding(binding: Pointer): void
  createTensor(data: ArrayBufferView, elementType: number, dims: readonly number[]): Pointer
  releaseValue(value: Pointer): void
  bindInput(binding: Pointer, name: string, value: Pointer): void
  bindOutput(binding: Pointer, name: string, value: Pointer): void
  run(session: Pointer, runOptions: Pointer, binding: Pointer): Promise<void>
}

const API_VERSION = 22
const POINTER = 'void *'
/** Index in OrtApi -> [result, arguments]. */
const FUNCTIONS = {
  getErrorMessage: [2, 'const char *', [POINTER]],
  createEnv: [3, POINTER, ['int', 'const char *', '_Out_ void **']],
  createSession: [7, POINTER, [POINTER, 'const char *', POINTER, '_Out_ void **']],
  createSessionOptions: [10, POINTER, ['_Out_ void **']],
  setLogSeverity: [22, POINTER, [POINTER, 'int']],
  setOptimizationLevel: [23, POINTER, [POINTER, 'int']],
  setIntraThreads: [24, POINTER, [POINTER, 'int']],
  setInterThreads: [25, POINTER, [POINTER, 'int']],
  createRunOptions: [39, POINTER, ['_Out_ void **']],
  createTensorWithData: [49, POINTER, [POINTER, POINTER, 'size_t', 'int64_t *', 'size_t', 'int', '_Out_ void **']],
  createCpuMemoryInfo: [69, POINTER, ['int', 'int', '_Out_ void **']],
  releaseStatus: [93, 'void', [POINTER]],
  releaseSession: [95, 'void', [POINTER]],
  releaseValue: [96, 'void', [POINTER]],
  releaseSessionOptions: [100, 'void', [POINTER]],
  addConfig: [130, POINTER, [POINTER, 'const char *', 'const char *']],
  runWithBinding: [133, POINTER, [POINTER, POINTER, POINTER]],
  createIoBinding: [134, POINTER, [POINTER, '_Out_ void **']],
  releaseIoBinding: [135, 'void', [POINTER]],
  bindInput: [136, POINTER, [POINTER, 'const char *', POINTER]],
  bindOutput: [137, POINTER, [POINTER, 'const char *', POINTER]],
} as const satisfies Readonly<Record<string, readonly [number, string, readonly string[]]>>

type FunctionName = keyof typeof FUNCTIONS
type Native = ((...args: unknown[]) => unknown) & { async: (...args: unknown[]) => void }

/** Opened once a process: koffi's type names are global, and the library must never be unloaded while sessions live. */
let opened: OrtLibrary | undefined

export function ortLibrary(): OrtLibrary {
  opened ??= openLibrary()
  return opened
}

function openLibrary(): OrtLibrary {
  const library = koffi.load(libraryPath())
  const base = koffi.decode(library.func('OrtGetApiBase', POINTER, [])(), koffi.array(POINTER, 2)) as Pointer[]
  const getApi = koffi.decode(base[0], koffi.proto('DuressGetApi', POINTER, ['uint32_t'])) as Native
  const getVersion = koffi.decode(base[1], koffi.proto('DuressGetVersion', 'const char *', [])) as Native
  const api = getApi(API_VERSION)
  if (!api) throw new InfraError(`libonnxruntime ${String(getVersion())} does not offer API ${API_VERSION}`)
  const table = koffi.decode(api, koffi.array(POINTER, 150)) as Pointer[]
  const native = Object.fromEntries(
    Object.entries(FUNCTIONS).map(([name, [index, result, args]]) => [
      name,
      koffi.decode(table[index], koffi.proto(`Duress_${name}`, result, [...args])) as Native,
    ]),
  ) as Record<FunctionName, Native>
  return { ...wrap(native), version: String(getVersion()), keepAlive: library } as OrtLibrary
}

function libraryPath(): string {
  const root = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'))
  const names: Readonly<Record<string, string>> = { win32: 'onnxruntime.dll', darwin: 'libonnxruntime.1.dylib' }
  return join(root, 'bin', 'napi-v6', process.platform, process.arch, names[process.platform] ?? 'libonnxruntime.so.1')
}

function wrap(native: Record<FunctionName, Native>): Omit<OrtLibrary, 'version'> {
  const check = (status: unknown): void => {
    if (!status) return
    const message = String(native.getErrorMessage(status))
    native.releaseStatus(status)
    throw new InfraError(`ONNX Runtime: ${message}`)
  }
  const make = (call: (out: unknown[]) => unknown): Pointer => {
    const out: unknown[] = [null]
    check(call(out))
    return out[0]
  }
  const LOG_ERROR = 3
  const environment = make((out) => native.createEnv(LOG_ERROR, 'duress', out))
  const memory = make((out) => native.createCpuMemoryInfo(0, 0, out))
  return {
    createSession(path, { threads }) {
      const options = make((out) => native.createSessionOptions(out))
      check(native.setIntraThreads(options, threads))
      check(native.setInterThreads(options, 1))
      check(native.setOptimizationLevel(options, 99))
      check(native.setLogSeverity(options, LOG_ERROR))
      // Waiting threads sleep: spinning ones burn the cores that JavaScript and other programs need, and a busy machine becomes 2 to 4 times slower.
      check(native.addConfig(options, 'session.intra_op.allow_spinning', '0'))
      const session = make((out) => native.createSession(environment, path, options, out))
      native.releaseSessionOptions(options)
      return session
    },
    releaseSession: (session) => void native.releaseSession(session),
    createBinding: (session) => ({
      binding: make((out) => native.createIoBinding(session, out)),
      runOptions: make((out) => native.createRunOptions(out)),
    }),
    releaseBinding: (binding) => void native.releaseIoBinding(binding),
    createTensor: (data, elementType, dims) =>
      make((out) =>
        native.createTensorWithData(
          memory,
          data,
          data.byteLength,
          BigInt64Array.from(dims, BigInt),
          dims.length,
          elementType,
          out,
        ),
      ),
    releaseValue: (value) => void native.releaseValue(value),
    bindInput: (binding, name, value) => check(native.bindInput(binding, name, value)),
    bindOutput: (binding, name, value) => check(native.bindOutput(binding, name, value)),
    run: (session, runOptions, binding) =>
      new Promise((resolve, reject) => {
        native.runWithBinding.async(session, runOptions, binding, (error: unknown, status: unknown) => {
          try {
            if (error) throw new InfraError('the native call failed', { cause: error })
            check(status)
            resolve()
          } catch (failure) {
            reject(failure)
          }
        })
      }),
  }
}
