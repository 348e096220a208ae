/// <reference types="astro/client" />
/// <reference types="@astrojs/starlight/locals" />

declare namespace App {
  interface Locals {
    /** Set on chapter pages: the frame is then the workspace's own, and lesson components know their chapter. */
    chapter?: import('./lessons/chapters.ts').ChapterPage
  }
}

interface Window {
  /** For browser tests: the terminal's text as a person sees it, scrollback included. */
  meshdojo?: { terminalText(): string }
  /** The same of somebody else's terminal: over the shoulder, shown to all, or replayed. */
  meshdojoWatched?: () => string
}
