//! Runs one of the benchmarks' specs once, for profilers and for whole-process timing: `once fargate 60`.

use benches::{Bench, fargate, full_ec2, full_fargate, function, queue};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_default();
    let seconds = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(10);
    let spec = match name.as_str() {
        "queue" => queue(100),
        "fargate" => fargate("least-outstanding-requests"),
        "full-fargate" => full_fargate(),
        "full-ec2" => full_ec2(),
        "function" => function(90.0),
        _ => {
            eprintln!("usage: once queue|fargate|full-fargate|full-ec2|function [SECONDS]");
            std::process::exit(2);
        }
    };
    let record = Bench::default().run(&spec, seconds);
    println!("{} requests, {} events", record.services["web"].born, record.events);
}
