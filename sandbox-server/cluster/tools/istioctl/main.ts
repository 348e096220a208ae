/** istioctl: what Istio's own does for one control plane, over the Kubernetes API alone. */

import { runCommand } from '../cli/command.ts'
import { standardStreams } from '../cli/streams.ts'
import { istioctl } from './root.ts'

void runCommand(istioctl, process.argv.slice(2), standardStreams()).then(exitCode => {
  process.exitCode = exitCode
})
