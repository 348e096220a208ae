/** English words of a step's questions and of what brings its cluster back. */
export const stepsEn = {
  several: 'More than one is right.',
  reset: 'Reset step',
  jump: 'Jump to this step',
  startOver: 'Start over',
  cancel: 'Cancel',
  lost: 'What is lost',
  kept: 'Your files and your terminals stay as they are.',
  resetTitle: 'Reset “{title}”?',
  resetText: 'The cluster becomes what it was when the step began, and the step begins anew.',
  resetLoses: 'Every object that you created, changed or deleted since the step began',
  resetLosesTicks: 'The ticks and answers of this step',
  jumpTitle: 'Jump to “{title}”?',
  jumpText:
    'The cluster becomes what the solutions of the steps before leave. Those of them that are not done count as skipped.',
  jumpLoses: 'Every object of your own that those solutions do not make',
  jumpLosesSteps: 'What you did in this step and the {count} after it: ticks, answers, opened hints',
  startOverTitle: 'Start the chapter over?',
  startOverText: 'The cluster becomes what it was when the chapter began, and its first step begins anew.',
  startOverLoses: 'Every object that you created, changed or deleted in this chapter',
  startOverLosesSteps:
    'Your progress: {passed} of {total} steps done, with their times, answers and opened hints',
  restoring: 'Bringing the cluster back… {seconds} s',
  restored: 'The cluster was brought back in {seconds} s.',
  notRestored: 'The cluster could not be brought back.',
  notConnected: 'There is no connection to the server just now. Try again in a moment.',
}
