// Runs before the first paint, so that the theme never flashes. It is a file because the page's policy allows no inline script.
(function () {
  var theme = null;
  try {
    theme = localStorage.getItem('moodmirror.theme');
  } catch {
    // Storage can be switched off; the system's theme then stands.
  }
  if (theme !== 'light' && theme !== 'dark') theme = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
  document.documentElement.dataset.theme = theme;
})();
