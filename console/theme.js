// Runs before the first paint, so that a chosen theme does not flash in late. Without a choice the system's preference holds.
try {
  const theme = localStorage.getItem("souk.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage is blocked: the system's preference holds.
}
