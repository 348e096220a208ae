/** istioctl's tree of commands. */
import type { Command } from '../cli/command.ts'
import { analyze } from './analyze/command.ts'
import { GLOBAL_FLAGS } from './global-flags.ts'
import { proxyConfig } from './proxy-config/commands.ts'
import { proxyStatus } from './proxy-status.ts'
import { version } from './version.ts'

export const istioctl: Command = {
  use: 'istioctl',
  short: 'Istio control interface.',
  long: `Istio configuration command line utility for service operators to
debug and diagnose their Istio mesh.
`,
  persistentFlags: GLOBAL_FLAGS,
  subcommands: [analyze, proxyConfig, proxyStatus, version],
}
