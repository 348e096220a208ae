/** `meshdojo doctor`: what this machine has and lacks, and what to do about each. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { availableParallelism, freemem } from 'node:os'
import { delimiter, join } from 'node:path'
import type { Command } from './command-line.ts'
import { parseFlags } from './command-line.ts'

interface Finding {
  ok: boolean
  what: string
  /** Only for what is not ok. */
  remedy?: string
}

export interface DoctorPaths {
  envoy: string
  kubectl: string
}

export const doctorCommand = (paths: DoctorPaths): Command => ({
  summary: 'say what this machine has and lacks',
  help: 'Usage: meshdojo doctor\n\nExit status 1 when something needed is missing.\n',
  async run(argv, output) {
    parseFlags(argv, {})
    const findings = [...system(), ...programs(paths), ...kernel()]
    for (const { ok, what, remedy } of findings)
      output.stdout(`${ok ? '✓' : '✗'} ${what}${ok ? '' : `\n    → ${remedy}`}\n`)
    const lacking = findings.filter(finding => !finding.ok).length
    output.stdout(
      lacking === 0
        ? '\nThis machine can run embedded clusters.\n'
        : `\n${lacking} thing${lacking === 1 ? '' : 's'} to mend.\n`,
    )
    return lacking === 0 ? 0 : 1
  },
})

function system(): Finding[] {
  const freeMiB = Math.round(freemem() / 2 ** 20)
  return [
    {
      ok: process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch),
      what: `${process.platform} on ${process.arch}`,
      remedy:
        'use a Linux machine or container on x86_64 or aarch64, or teach on another cluster with --kubeconfig FILE',
    },
    { ok: true, what: `Node ${process.versions.node}, ${availableParallelism()} processors` },
    {
      ok: freeMiB > 512,
      what: `${freeMiB} MiB of memory free`,
      remedy: 'free some: the server needs about 200 MiB and 75 MiB per learner',
    },
  ]
}

const PACKAGES: Record<string, string> = {
  unshare: 'util-linux',
  nsenter: 'util-linux',
  bwrap: 'bubblewrap',
  nft: 'nftables',
  ip: 'iproute2',
  bash: 'bash',
  curl: 'curl',
}

function programs(paths: DoctorPaths): Finding[] {
  const found = (name: string) =>
    [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'].some(folder =>
      existsSync(join(folder, name)),
    )
  return [
    ...Object.entries(PACKAGES).map(([name, pack]) => ({
      ok: found(name),
      what: name,
      remedy: `sudo apt-get install -y ${pack}`,
    })),
    { ok: existsSync(paths.envoy), what: 'Envoy', remedy: 'npm run setup' },
    { ok: existsSync(paths.kubectl), what: 'kubectl', remedy: 'npm run setup' },
  ]
}

function kernel(): Finding[] {
  const works = (...command: [string, ...string[]]) =>
    spawnSync('unshare', ['-Urnmpf', '--mount-proc', ...command], { stdio: 'ignore' }).status === 0
  const restricted = readSetting('/proc/sys/kernel/apparmor_restrict_unprivileged_userns') === '1'
  const allow = restricted
    ? 'sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0'
    : 'sudo sysctl -w kernel.unprivileged_userns_clone=1 user.max_user_namespaces=15000 (in a container: allow them there, e.g. --security-opt seccomp=unconfined)'
  const namespaces = works('true')
  const table =
    'table ip t { chain c { type filter hook prerouting priority -50; meta l4proto tcp tproxy to :15006; }; }'
  return [
    { ok: namespaces, what: 'user, network and process namespaces without privileges', remedy: allow },
    {
      ok: namespaces && works('sh', '-c', 'ip link set lo up && ip link add v0 type veth peer name v1'),
      what: 'virtual network interfaces (veth)',
      remedy: 'load the kernel module: sudo modprobe veth',
    },
    {
      ok: namespaces && works('sh', '-c', `echo '${table}' | PATH=$PATH:/usr/sbin nft -f -`),
      what: 'nftables with transparent redirection (nft_tproxy)',
      remedy: 'load the kernel modules: sudo modprobe -a nf_tables nft_nat nft_redir nft_tproxy',
    },
  ]
}

const readSetting = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined)
