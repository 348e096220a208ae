/** Images that stand for "the programs of this machine": a shell with the usual tools, whose commands are real processes. */
import type { MachineImage } from './image.ts'

/** A release with or without a base, or a channel by name. */
const TAGS =
  /^v?(?:\d[\w.]*|latest|stable|edge|rolling|bookworm|bullseye|trixie|noble|jammy|focal)(?:-(?:[\d.]+|slim|alpine|musl|glibc|uclibc|bookworm|bullseye|trixie|r\d+)[\d.]*)*$|^(?:slim|alpine|musl|glibc|uclibc)[\d.]*$/

const shell = (names: readonly string[], entrypoint?: readonly string[]): MachineImage => ({
  kind: 'machine',
  names,
  tags: TAGS,
  entrypoint,
})

/** An image made with busybox, as those made from Alpine are. */
const busybox = (names: readonly string[], entrypoint: readonly string[]): MachineImage => ({
  ...shell(names, entrypoint),
  programsFolder: 'busybox',
})

export const machineImages: readonly MachineImage[] = [
  shell(['meshdojo/toolbox'], ['sleep', 'infinity']),
  busybox(['busybox', 'alpine', 'bash'], ['sh']),
  shell(['debian', 'ubuntu'], ['sh']),
  // The client of Istio's own tasks; its image sleeps when the Deployment names no command.
  busybox(['curlimages/curl'], ['sleep', 'infinity']),
  shell(['python'], ['python3']),
]
