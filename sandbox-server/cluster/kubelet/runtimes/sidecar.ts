/** A container of Istio's proxy image: a share of the cluster's Envoy. */
import type { RunningSidecar } from '../../envoy/contract.ts'
import type { Exit, RunningContainer } from './running.ts'

export function runSidecar(sidecar: RunningSidecar): RunningContainer {
  let finish: (exit: Exit) => void = () => undefined
  const exited = new Promise<Exit>(resolve => {
    finish = resolve
  })
  const stop = (exitCode: number) => {
    void sidecar.stop().then(
      () => finish({ exitCode }),
      (error: unknown) => finish({ exitCode: 255, message: String(error) }),
    )
  }
  const { ready, adminSocketPath } = sidecar
  return { exited, ready, adminSocketPath, terminate: () => stop(0), kill: () => stop(137) }
}

/** istio-init: its redirection is the network's work, so it has done its part at once. */
export const instantSuccess = (): RunningContainer => ({
  exited: Promise.resolve({ exitCode: 0 }),
  terminate: () => undefined,
  kill: () => undefined,
})
