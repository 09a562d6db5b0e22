//! Latencies by percentile, as a picture that needs no program but a browser.

use std::fmt::Write as _;

use hdrhistogram::Histogram;

/// Size of the picture, and of the room around its axes, in pixels.
const WIDTH: f64 = 800.0;
const HEIGHT: f64 = 420.0;
const LEFT: f64 = 80.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 30.0;
const BOTTOM: f64 = 50.0;

/// Marks of the axis of percentiles: each nine is one step further.
const MARKS: &[(&str, f64)] = &[
    ("0 %", 0.0),
    ("90 %", 0.9),
    ("99 %", 0.99),
    ("99.9 %", 0.999),
    ("99.99 %", 0.9999),
    ("99.999 %", 0.99999),
];

/// Points of the curve for each nine.
const POINTS: u32 = 40;

/// Draws a histogram of nanoseconds; both axes are logarithmic.
pub fn percentiles(latency: &Histogram<u64>) -> String {
    let us = |ns: u64| std::time::Duration::from_nanos(ns).as_secs_f64() * 1e6;
    let low = us(latency.min().max(1)).log10().floor();
    let high = us(latency.max().max(2)).log10().ceil().max(low + 1.0);
    let nines = f64::from(u32::try_from(MARKS.len() - 1).unwrap_or(1));
    let x = |quantile: f64| {
        let steps = -(1.0 - quantile).max(1e-12).log10();
        LEFT + (WIDTH - LEFT - RIGHT) * (steps / nines).clamp(0.0, 1.0)
    };
    let y = |value: f64| {
        let part = (value.max(1e-9).log10() - low) / (high - low);
        HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * part.clamp(0.0, 1.0)
    };
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
         <text x=\"{LEFT}\" y=\"18\">latency by percentile, {} messages</text>\n",
        latency.len()
    );
    let (bottom, right) = (HEIGHT - BOTTOM, WIDTH - RIGHT);
    for (name, quantile) in MARKS {
        let x = x(*quantile);
        let _ = write!(
            svg,
            "<path d=\"M{x:.1} {TOP}V{bottom}\" stroke=\"#ddd\"/>\n\
             <text x=\"{x:.1}\" y=\"{:.0}\" text-anchor=\"middle\">{name}</text>\n",
            bottom + 18.0
        );
    }
    let mut decade = low;
    while decade <= high {
        let (y, value) = (y(10_f64.powf(decade)), 10_f64.powf(decade));
        let _ = write!(
            svg,
            "<path d=\"M{LEFT} {y:.1}H{right}\" stroke=\"#ddd\"/>\n\
             <text x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"end\">{value} us</text>\n",
            LEFT - 6.0,
            y + 4.0
        );
        decade += 1.0;
    }
    let _ = write!(svg, "<polyline fill=\"none\" stroke=\"#c33\" stroke-width=\"2\" points=\"");
    let last = u32::try_from(MARKS.len() - 1).unwrap_or(1) * POINTS;
    for point in 0..=last {
        let quantile = 1.0 - 10_f64.powf(-f64::from(point) / f64::from(POINTS));
        let value = us(latency.value_at_quantile(quantile));
        let _ = write!(svg, "{:.1},{:.1} ", x(quantile), y(value));
    }
    svg.push_str("\"/>\n</svg>\n");
    svg
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::window::Measured;

    #[test]
    fn slower_messages_stand_higher() {
        let mut latency = Measured::new().unwrap().latency;
        for us in 1..=100_000_u64 {
            latency.record(us * 1000).unwrap();
        }
        let svg = percentiles(&latency);
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
        let points = svg.split("points=\"").nth(1).unwrap().split('"').next().unwrap();
        let heights: Vec<f64> = points
            .split_whitespace()
            .map(|point| point.split(',').nth(1).unwrap().parse().unwrap())
            .collect();
        assert!(heights.windows(2).all(|pair| pair[1] <= pair[0]));
        assert!(heights[0] > heights[heights.len() - 1]);
        for mark in ["99.9 %", "10 us", "100000 us", "100000 messages"] {
            assert!(svg.contains(mark), "{mark}");
        }
        assert!(percentiles(&Measured::new().unwrap().latency).contains("0 messages"));
    }
}
