// The button that turns light to dark. Without a choice the system's preference holds, and the button follows it.
import { currentTheme, setTheme } from "../lib/state.js";
import { icon } from "./icon.js";

// `onChange`: called whenever the colours of the page have changed.
export function themeButton(button, onChange = () => {}) {
  const show = () => {
    const dark = currentTheme() === "dark";
    button.replaceChildren(icon(dark ? "sun" : "moon"));
    button.setAttribute("aria-label", dark ? "Light theme" : "Dark theme");
  };
  const changed = () => {
    show();
    onChange();
  };
  button.addEventListener("click", () => {
    setTheme(currentTheme() === "dark" ? "light" : "dark");
    changed();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
  show();
}
