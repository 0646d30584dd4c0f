//! Rows to aligned text that fits 80 columns. Pure; `output` prints it.
//!
//! Cells that are too wide together are cut with `..`, the widest column first. URLs are not for tables: they are
//! copied, so they stand on lines of their own.

const MAX_WIDTH: usize = 80;
const GAP: usize = 2;

/// Lays out rows under a head. The last column is not padded.
pub(super) fn table<const N: usize>(head: [&str; N], rows: &[[String; N]]) -> String {
    let mut lines = vec![head.map(str::to_owned)];
    lines.extend(rows.iter().cloned());
    // A line break inside a cell would break the table; output escapes what is left.
    for cell in lines.iter_mut().flatten() {
        *cell = cell.replace('\n', " ");
    }
    let widths = widths(&lines);
    let lines: Vec<String> = lines.iter().map(|cells| line(cells, &widths)).collect();
    lines.join("\n")
}

fn widths<const N: usize>(lines: &[[String; N]]) -> Vec<usize> {
    let mut widths: Vec<usize> = (0..N)
        .map(|column| {
            let cells = lines.iter().filter_map(|cells| cells.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        })
        .collect();
    let room = MAX_WIDTH.saturating_sub(GAP * N.saturating_sub(1));
    let mut excess = widths.iter().sum::<usize>().saturating_sub(room);
    while excess > 0 {
        let Some(widest) = widths.iter_mut().max() else {
            break;
        };
        *widest = widest.saturating_sub(1);
        excess -= 1;
    }
    widths
}

fn line(cells: &[String], widths: &[usize]) -> String {
    let mut line = String::new();
    for (cell, width) in cells.iter().zip(widths) {
        let cell = cut(cell, *width);
        let padding = (width + GAP).saturating_sub(cell.chars().count());
        line.push_str(&cell);
        line.extend(std::iter::repeat_n(' ', padding));
    }
    line.trim_end().to_owned()
}

fn cut(cell: &str, width: usize) -> String {
    if cell.chars().count() <= width {
        return cell.to_owned();
    }
    let kept: String = cell.chars().take(width.saturating_sub(2)).collect();
    format!("{kept}..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_without_trailing_blanks() {
        let rows = [
            ["a".to_owned(), String::new()],
            ["long".to_owned(), "x".to_owned()],
        ];
        assert_eq!(
            table(["ONE", "TWO"], &rows),
            "ONE   TWO\na\nlong  x",
            "layout"
        );
    }

    #[test]
    fn wide_cells_are_cut_to_80_columns() {
        let rows = [["x".repeat(70), "y".repeat(60), "z\nz".to_owned()]];
        let text = table(["A", "B", "C"], &rows);
        assert!(
            text.lines().all(|line| line.chars().count() <= 80),
            "{text}"
        );
        assert_eq!(text.lines().count(), 2, "{text}");
        assert!(text.contains("x..") && text.ends_with("z z"), "{text}");
    }
}
