//! Worked bills: every example of the platforms' documentation and price pages that the meters cover.

use std::collections::BTreeMap;

use sim_core::cost::{
    Arch, Bill, BillOptions, Booking, Days, FargateTask, Invocations, Meter, ProvisionedMeter, Purchase,
    Served, Usage, bill, cents,
};
use sim_core::engine::{Span, Time};
use sim_core::metrics::Window;
use sim_core::quantity::{Cpu, MemorySize};

use super::{DEFAULT_PRICE_BOOK, instance_type, price_book};

const MONTH: Span = Span::from_secs(730 * 3600);
const LIST: BillOptions =
    BillOptions { free_tier: false, ec2_spot_discount: None, fargate_spot_discount: None };
const FREE_TIER: BillOptions = BillOptions { free_tier: true, ..LIST };

fn month() -> Window {
    Window::new(Time::ZERO, Time::ZERO + MONTH)
}

fn billed(usage: Usage, options: BillOptions) -> Bill {
    let book = price_book(DEFAULT_PRICE_BOOK).expect("the default book exists");
    let owners = BTreeMap::from([("app".to_owned(), usage)]);
    bill(&Days::every(MONTH, &owners), book, options).expect("every meter has a price")
}

/// Usage of a month of `count` invocations that take `millis` each.
fn invocations(count: u128, millis: u128, memory: u128, arch: Arch) -> Usage {
    let mut usage = Usage::new();
    usage.add(Meter::LambdaRequests, count);
    usage.add(Meter::LambdaDuration { arch }, count * memory * millis * 1_000_000);
    usage
}

#[test]
fn lambda_requests_and_duration() {
    let check = |usage: Usage, duration: i64, requests: i64, total: i64| {
        let bill = billed(usage, FREE_TIER);
        let items = bill.by_item();
        assert_eq!(cents(items["lambda-duration"]), duration);
        assert_eq!(cents(items["lambda-requests"]), requests);
        assert_eq!(cents(bill.month()), total);
    };
    check(invocations(3_000_000, 120, 1536, Arch::X86), 233, 40, 273);
    check(invocations(3_000_000, 120, 1536, Arch::Arm), 187, 40, 227);
    check(invocations(3_000_000, 1000, 512, Arch::X86), 1833, 40, 1873);
    check(invocations(30_000_000, 200, 128, Arch::X86), 583, 580, 1163);
}

#[test]
fn the_free_tier_is_one_for_both_architectures() {
    let mut usage = invocations(600_000, 1000, 1024, Arch::X86);
    usage.merge(&invocations(600_000, 1000, 1024, Arch::Arm));
    let bill = billed(usage, FREE_TIER);
    let amounts: Vec<f64> = bill.lines.iter().map(|line| line.amount).collect();
    let expected = [0.2 * 0.2, 200_000.0 * 0.0000166667, 600_000.0 * 0.0000133334];
    for (amount, expected) in amounts.iter().zip(expected) {
        assert!((amount - expected).abs() < 1e-9, "{amounts:?}");
    }
}

#[test]
fn lambda_provisioned_concurrency() {
    let mut meter = ProvisionedMeter::new(month(), Arch::X86, MemorySize(1024));
    meter.set(Time::ZERO, 100);
    meter.set(Time::ZERO + Span::from_secs(7200), 0);
    let mut usage = Usage::new();
    meter.book_into(&mut usage);
    usage.add(Meter::LambdaRequests, 1_200_000);
    usage.add(Meter::LambdaProvisionedDuration { arch: Arch::X86 }, 1_200_000 * 1024 * 1_000_000_000);
    let bill = billed(usage, LIST);
    let items = bill.by_item();
    let amounts = ["lambda-provisioned", "lambda-requests", "lambda-provisioned-duration"];
    assert_eq!(amounts.map(|item| cents(items[item])), [300, 24, 1167]);
    assert_eq!(cents(bill.month()), 1491);
}

#[test]
fn lambda_tiers() {
    let check = |giga_gb_seconds: u128, arch: Arch, total: i64| {
        let mut usage = Usage::new();
        usage.add(Meter::LambdaDuration { arch }, giga_gb_seconds * 1_000_000_000 * 1024 * 1_000_000_000);
        assert_eq!(cents(billed(usage, LIST).month()), total);
    };
    check(16, Arch::X86, 24_833_360);
    check(6, Arch::X86, 10_000_020);
    // 100,000.50 + 135,001.125 + 13,333.375.
    check(20, Arch::Arm, 24_833_500);
}

#[test]
fn one_cold_invocation() {
    let mut invocations = Invocations::new(month(), Arch::X86, MemorySize(512), MemorySize(512));
    let (initialisation, handler) = (Span::from_millis(142), Span::from_seconds(0.0034));
    invocations.book(Time::ZERO, initialisation, handler, Served::OnDemand);
    let mut usage = Usage::new();
    invocations.book_into(&mut usage);
    let bill = billed(usage, LIST);
    let items = bill.by_item();
    assert!((items["lambda-duration"] - 1.2167e-6).abs() < 5e-11, "{}", items["lambda-duration"]);
    assert!((items["lambda-requests"] - 2e-7).abs() < 1e-18);
}

#[test]
fn temporary_storage() {
    // 10 M x 0.5 s, in ten thousand bookings of a thousand times the memory and storage.
    let mut invocations = Invocations::new(month(), Arch::X86, MemorySize(128), MemorySize(10_240));
    (0..1000)
        .for_each(|_| invocations.book(Time::ZERO, Span::ZERO, Span::from_millis(500), Served::OnDemand));
    let mut thousand = Usage::new();
    invocations.book_into(&mut thousand);
    let mut usage = Usage::new();
    usage.add(Meter::LambdaStorage, thousand.get(&Meter::LambdaStorage) * 10_000);
    let bill = billed(usage, LIST);
    assert!((bill.lines[0].quantity - 47.5e6).abs() < 1e-3);
    assert_eq!(cents(bill.month()), 147);
}

#[test]
fn api_gateway() {
    let check = |meter: Meter, millions: u128, total: i64| {
        let mut usage = Usage::new();
        usage.add(meter, millions * 1_000_000);
        assert_eq!(cents(billed(usage, LIST).month()), total);
    };
    check(Meter::ApiGatewayRest, 500, 163_310);
    check(Meter::ApiGatewayHttp, 500, 48_000);
    check(Meter::ApiGatewayRest, 21_000, 116_550 + 186_760 + 4_522_000 + 151_000);
    check(Meter::ApiGatewayHttp, 300, 30_000);
    check(Meter::FunctionUrl, 500, 0);
}

fn task(arch: Arch, purchase: Purchase) -> FargateTask {
    let (cpu, memory, storage) = (Cpu(1024), MemorySize(2048), MemorySize(20 * 1024));
    FargateTask { cpu, memory, storage, arch, purchase }
}

#[test]
fn fargate_tasks() {
    let check = |task: FargateTask, seconds: Option<f64>, total: f64| {
        let mut usage = Usage::new();
        let stopped = seconds.map(|seconds| Time::ZERO + Span::from_seconds(seconds));
        Booking::new(month(), &mut usage).fargate_task(task, Time::ZERO, stopped);
        let amount = billed(usage, LIST).month();
        assert!((amount - total).abs() < 1e-9, "{amount} for {total}");
    };
    let x86 = task(Arch::X86, Purchase::OnDemand);
    let hour = 0.04048 + 2.0 * 0.004445;
    check(x86, None, 36.0401);
    check(x86, Some(3600.0), hour);
    check(x86, Some(1.0), hour / 60.0);
    check(x86, Some(60.5), hour * 61.0 / 3600.0);
    check(task(Arch::Arm, Purchase::OnDemand), Some(3600.0), 0.03238 + 2.0 * 0.00356);
    check(task(Arch::X86, Purchase::Spot), Some(3600.0), hour * 0.4);
    let mut usage = Usage::new();
    let spot = task(Arch::X86, Purchase::Spot);
    Booking::new(month(), &mut usage).fargate_task(spot, Time::ZERO, None);
    let quarter_off = billed(usage, BillOptions { fargate_spot_discount: Some(0.25), ..LIST });
    assert!((quarter_off.month() - 36.0401 * 0.75).abs() < 1e-9);
    let stored = FargateTask { storage: MemorySize(50 * 1024), ..x86 };
    check(stored, Some(3600.0), hour + 30.0 * 0.000111);
}

#[test]
fn a_load_balancer_hour() {
    let mut usage = Usage::new();
    usage.add(Meter::BalancerUnits, 1_080_000_000);
    assert!((billed(usage.clone(), LIST).month() - 0.00864).abs() < 1e-12);
    usage.add(Meter::Balancer, 3_600_000_000_000);
    assert!((billed(usage, LIST).month() - (0.00864 + 0.0225)).abs() < 1e-12);
}

#[test]
fn instances_by_the_second() {
    let check = |name: &str, purchase: Purchase, seconds: Option<f64>, total: f64| {
        let mut usage = Usage::new();
        let kind = instance_type(name).expect(name);
        let to = seconds.map(|seconds| Time::ZERO + Span::from_seconds(seconds));
        let mut booking = Booking::new(month(), &mut usage);
        booking.ec2_instance(kind, "us-east-1a", purchase, Time::ZERO, to);
        booking.ec2_instance(kind, "us-east-1b", purchase, Time::ZERO, to);
        let bill = billed(usage, LIST);
        assert_eq!(bill.lines.len(), 1, "zones have one price");
        assert!((bill.month() - 2.0 * total).abs() < 1e-9, "{} for {total}", bill.month());
        assert_eq!(bill.lines[0].assumed, purchase == Purchase::Spot);
    };
    check("m5.large", Purchase::OnDemand, None, 0.096 * 730.0);
    check("m5.large", Purchase::OnDemand, Some(10.0), 0.096 / 60.0);
    check("m5.large", Purchase::OnDemand, Some(90.0), 0.096 / 40.0);
    check("m5.large", Purchase::Spot, Some(3600.0), 0.096 * 0.35);
}

/// At which mean CPU a t3.large in unlimited mode costs as much as an m5.large. The user guide says 42.5 %,
/// with its t3.large at $0.0835; at the listed $0.0832 it is 42.8 %.
#[test]
fn surplus_credits_break_even() {
    let cost = |utilization: f64, t3_hour: f64| {
        let surplus = (utilization - 0.3) * 2.0;
        let mut usage = Usage::new();
        let kind = instance_type("t3.large").expect("t3.large");
        let mut booking = Booking::new(month(), &mut usage);
        booking.surplus_credits(kind, None, (surplus * 3600e9) as u128);
        booking.surplus_credits(kind, Some(Time::ZERO + MONTH), 1_000_000_000_000);
        t3_hour + billed(usage, LIST).month()
    };
    assert!((cost(0.425, 0.0835) - 0.096).abs() < 1e-9);
    assert!((cost(0.428, 0.0832) - 0.096).abs() < 1e-9);
}

#[test]
fn a_window_is_scaled_to_a_month_before_tiers() {
    let book = price_book(DEFAULT_PRICE_BOOK).expect("the default book exists");
    let hour = Span::from_secs(3600);
    let owners = |requests: u128| {
        let mut usage = Usage::new();
        usage.add(Meter::ApiGatewayHttp, requests);
        BTreeMap::from([("a".to_owned(), usage.clone()), ("b".to_owned(), usage)])
    };
    // Two owners with 250,000 requests an hour each: 365 million a month, 65 of them in the second tier.
    let (day, launch) = (owners(250_000), owners(2_500_000));
    let every = bill(&Days::every(hour, &day), book, LIST).expect("priced");
    assert_eq!(cents(every.month()), 30_000 + 5850);
    assert_eq!((cents(every.of_owner("a")), every.lines.len()), (17_925, 2));
    assert_eq!(every.basis, "if all of it were like what was measured");
    // 29 such days and one ten times as busy: 365 x (29 + 10) / 30 = 474.5 million.
    let days = [
        Days { label: "ordinary", days: 29.0, window: hour, usage: &day },
        Days { label: "launch", days: 1.0, window: hour, usage: &launch },
    ];
    let mixed = bill(&days, book, LIST).expect("priced");
    assert_eq!(cents(mixed.month()), 30_000 + 15_705);
    assert_eq!(mixed.basis, "a month of 30 days: 29 ordinary, 1 launch");
    assert!((mixed.hour() * 730.0 - mixed.month()).abs() < 1e-9);
}

#[test]
fn what_is_not_billed_stands_beside_the_bill() {
    let mut usage = Usage::new();
    usage.add(Meter::DataOut, 5_000_000_000);
    usage.add(Meter::FargateStorage, 1);
    let bill = billed(usage, LIST);
    let has = |part: &str| bill.unbilled.iter().any(|line| line.item.contains(part));
    assert!(has("NAT") && has("logs") && has("taxes"));
    assert!(!has("root volumes"), "those are for instances");
    assert_eq!(bill.unbilled.last().and_then(|line| line.quantity.as_deref()), Some("about 5.0 GB"));
    assert_eq!(bill.lines.len(), 1, "data out is not billed");
}

#[test]
fn a_book_says_what_it_lacks() {
    let mut book = price_book(DEFAULT_PRICE_BOOK).expect("the default book exists").clone();
    book.ec2.on_demand.clear();
    book.ec2.surplus_vcpu_hour.clear();
    let kind = instance_type("t3.large").expect("t3.large");
    let mut usage = Usage::new();
    let mut booking = Booking::new(month(), &mut usage);
    booking.ec2_instance(kind, "us-east-1a", Purchase::OnDemand, Time::ZERO, None);
    booking.ec2_instance(kind, "us-east-1b", Purchase::Spot, Time::ZERO, None);
    booking.surplus_credits(kind, Some(Time::ZERO), 1);
    let owners = BTreeMap::from([("app".to_owned(), usage)]);
    let missing = bill(&Days::every(MONTH, &owners), &book, LIST).expect_err("prices are missing");
    assert_eq!(missing, ["a vCPU-hour of surplus CPU credits of t3", "an instance-hour of t3.large"]);
}
